"""The simulators that take fault orders. A new one is one line here."""

from django.conf import settings

from backoffice.sandbox.drills.bank import BankDrills
from backoffice.sandbox.drills.base import Source
from backoffice.sandbox.drills.chain import ChainDrills


def sources() -> tuple[Source, ...]:
    """In the order of the page."""
    return (
        BankDrills(),
        ChainDrills(name="chain", title="The chain", url=settings.CHAIN_RPC_URL),
    )


def source(name: str) -> Source | None:
    return next((one for one in sources() if one.name == name), None)
