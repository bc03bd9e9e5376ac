"""The failure catalogue: what can go wrong, how we notice, where the transfer goes, what the client reads, what the operator
does.

One entry per code, in one file per area; the transfer page, the runbooks and the docs are drawn from it. The client's sentence
never blames, never guesses and never names an internal reason.
"""

from transfers.failures import bank, chain, orders, people, pricing
from transfers.failures.base import Failure

__all__ = ["FAILURES", "Failure"]

_AREAS = (orders, pricing, chain, bank, people)
_ENTRIES = tuple(entry for area in _AREAS for entry in area.ENTRIES)
FAILURES: dict[str, Failure] = {entry.code: entry for entry in _ENTRIES}
if len(FAILURES) != len(_ENTRIES):
    raise RuntimeError("a failure code has two entries in transfers.failures")
