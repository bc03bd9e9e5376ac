"""The published schemas of ISO 20022 messages, and what in a message deviates from its own.

`library` holds them, `checking` compares, `wording` says it as people do. No Django, no network.
"""

from transfers.iso20022.checking import Findings, check
from transfers.iso20022.wording import Deviation

__all__ = ["Deviation", "Findings", "check"]
