"""What explains that the outside holds something else than our books: movements that one side has, and the other will have.

An explanation is always a sum of named movements, never a guess: the chain is read up to a block and a bank up to a statement, so
for each movement it is known whether the figure of the outside contains it. Whatever is left over is unexplained.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from reconciliation.commands.incoming import identity_of
from reconciliation.matching import STRONG_KINDS, Role
from reconciliation.models import BalanceReading, ExternalItem, Match
from reconciliation.positions.arrivals import AFTER_THE_BLOCK, arrived_first, seen_arrivals
from reconciliation.positions.places import Place, PlaceKind
from transfers.models import ChainTransaction, ExternalReference, Leg
from transfers.queries.in_flight import UNBOOKED
from transfers.states import EvidenceState, MoneyState

NOT_BOOKED_YET = "shown outside, in our books in a moment"
NOT_ON_A_STATEMENT = "in our books, not on a statement yet"


@dataclass(frozen=True, slots=True)
class Explanation:
    """`amount` is signed: by so much the outside is above (or below) our books. `count` of movements make it up."""

    words: str
    amount: int
    count: int


# Ledger account, why, and by how much the outside differs for it.
_Part = tuple[str, str, int]


def explanations(places: Iterable[Place], readings: Mapping[str, BalanceReading]) -> dict[str, list[Explanation]]:
    """By account, for those that were read; a fixed number of queries."""
    read = {place.account_code: place for place in places if place.account_code in readings}
    parts = [
        *_shown_first(read, readings),
        *_booked_first_on_chain(readings),
        *arrived_first(readings),
        *_booked_first_at_banks(read, readings),
    ]
    amounts: dict[tuple[str, str], list[int]] = defaultdict(list)
    for code, words, amount in parts:
        amounts[code, words].append(amount)
    found: dict[str, list[Explanation]] = defaultdict(list)
    for (code, words), each in sorted(amounts.items()):
        found[code].append(Explanation(words, sum(each), len(each)))
    return found


def _shown_first(read: Mapping[str, Place], readings: Mapping[str, BalanceReading]) -> Iterable[_Part]:
    """Items of the outside whose movement is ours and is not booked. Those that nobody here ordered explain nothing."""
    waiting = list(ExternalItem.objects.filter(status=ExternalItem.Status.UNMATCHED).select_related("source", "block"))
    legs, seen = _named_legs(waiting), seen_arrivals(waiting)
    gas = {place.number.lower(): code for code, place in read.items() if place.kind is PlaceKind.GAS}
    for item in waiting:
        is_gas = item.kind == ExternalItem.Kind.GAS
        code = gas.get(item.source.account_identification.lower(), "") if is_gas else item.source.account_code
        if code not in readings or item.currency != read[code].asset.id or not _is_contained(item, readings[code]):
            continue
        is_leg = any(leg.money_state in UNBOOKED for name in item.references.values() for leg in legs.get(str(name), ()))
        if is_leg or (item.direction == ExternalItem.Direction.CREDIT and identity_of(item) in seen):
            yield code, NOT_BOOKED_YET, item.amount if item.direction == ExternalItem.Direction.CREDIT else -item.amount


def _named_legs(items: Iterable[ExternalItem]) -> dict[str, list[Leg]]:
    """Legs by the strong names that the items bear."""
    names = {str(item.references[kind]) for item in items for kind in STRONG_KINDS if item.references.get(kind)}
    found: dict[str, list[Leg]] = defaultdict(list)
    known = ExternalReference.objects.filter(kind__in=STRONG_KINDS, value__in=names).exclude(leg=None)
    for reference in known.select_related("leg"):
        if reference.leg is not None:
            found[reference.value].append(reference.leg)
    return found


def _is_contained(item: ExternalItem, reading: BalanceReading) -> bool:
    """A statement that was imported is part of the newest one's closing balance; a block counts up to the one that was read."""
    return item.block is None or (reading.block_number is not None and item.block.number <= reading.block_number)


def _booked_first_on_chain(readings: Mapping[str, BalanceReading]) -> Iterable[_Part]:
    """A payment counts at a depth at which our own indexer may not have read it yet."""
    blocks = {code: reading.block_number for code, reading in readings.items() if reading.block_number is not None}
    if not blocks:
        return
    later = ChainTransaction.objects.filter(block_number__gt=min(blocks.values())).exclude(leg__money_state__in=UNBOOKED)
    for sent in later.select_related("leg", "wallet"):
        for code, amount in _moved(sent):
            if code in blocks and (sent.block_number or 0) > blocks[code]:
                yield code, AFTER_THE_BLOCK, amount


def _moved(sent: ChainTransaction) -> Iterable[tuple[str, int]]:
    """What our books have moved for it, by account, as the outside before that block still differs."""
    if sent.status not in (ChainTransaction.Status.CONFIRMED, ChainTransaction.Status.REVERTED):
        return
    if sent.gas_cost:
        yield sent.wallet.gas_account_code, sent.gas_cost
    if sent.status == ChainTransaction.Status.CONFIRMED and sent.leg.money_state == MoneyState.POSTED:
        yield sent.leg.account_code, sent.leg.amount
        yield sent.leg.counterparty.get("account_code", ""), -sent.leg.amount


def _booked_first_at_banks(read: Mapping[str, Place], readings: Mapping[str, BalanceReading]) -> Iterable[_Part]:
    """Payouts that the bank says it has made, and whose line we have not read."""
    banks = [code for code, place in read.items() if place.kind is PlaceKind.BANK and code in readings]
    shown = Match.objects.filter(leg_reference=OuterRef("reference"), role=Role.PAYMENT)
    legs = Leg.objects.filter(
        ~Exists(shown),
        account_code__in=banks,
        direction=Leg.Direction.OUT,
        money_state=MoneyState.POSTED,
        evidence_state=EvidenceState.JOURNALED,
    )
    for code, amount in legs.values_list("account_code", "amount"):
        yield code, NOT_ON_A_STATEMENT, amount
