"""The failure catalogue: what can go wrong, how we notice, where the transfer goes, what the client reads, what the operator
does.

One entry per code, in one file per area; the transfer page, the runbooks, the catalogue's page and the docs are drawn from it.
FAILURES happen to transfers, REFUSALS keep one from coming into being. The client's sentence never blames, never guesses and never
names an internal reason.
"""

from transfers.failures import bank, bulk, cards, chain, deposits, internal, orders, people, pricing, refusals
from transfers.failures.base import Failure

__all__ = ["AREAS", "FAILURES", "REFUSALS", "Failure"]

# In the order of a transfer's life: what the catalogue's page and docs call each part of it.
AREAS: dict[str, tuple[Failure, ...]] = {
    "Before anything is sent": orders.ENTRIES,
    "Prices": pricing.ENTRIES,
    "On the chain": chain.ENTRIES,
    "At the bank": bank.ENTRIES,
    "Money that comes in": deposits.ENTRIES,
    "In our own books": internal.ENTRIES,
    "In files of many orders": bulk.ENTRIES,
    "Cards": cards.ENTRIES,
    "Decided by people": people.ENTRIES,
}
FAILURES: dict[str, Failure] = {entry.code: entry for entries in AREAS.values() for entry in entries}
REFUSALS: dict[str, Failure] = {entry.code: entry for entry in refusals.ENTRIES}
if len(FAILURES) + len(REFUSALS) != sum(map(len, AREAS.values())) + len(refusals.ENTRIES) or FAILURES.keys() & REFUSALS.keys():
    raise RuntimeError("a failure code has two entries in transfers.failures")
