"""The simulators that take fault orders. A new one is one line here."""

from backoffice.sandbox.drills.bank import BankDrills
from backoffice.sandbox.drills.base import Source

SOURCES: tuple[Source, ...] = (BankDrills(),)


def source(name: str) -> Source | None:
    return next((one for one in SOURCES if one.name == name), None)
