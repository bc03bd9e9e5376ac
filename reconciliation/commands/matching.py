"""Holding what the outside reported against what was ordered, item by item.

Each item is one database transaction: item, then the transfer it names, in the order of DECISIONS. Items already taken by another
run are skipped. Provider calls are not read here, and deleting every one of them changes nothing.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from audit import clock
from audit.commands import record
from ledger.models import Entry
from reconciliation.commands.cards import settle_card_item
from reconciliation.commands.closing import close_proved_transfers, end_what_has_shown, report_missing
from reconciliation.commands.incoming import arrival_of, match_allocated, settle_arrival
from reconciliation.commands.item_breaks import break_difference, break_unordered
from reconciliation.commands.returned import settle_return
from reconciliation.commands.taken_back import settle_taken_back
from reconciliation.commands.unbookable import end_with, set_apart
from reconciliation.matching import (
    BANK_LINE,
    CERTAIN,
    RULE,
    STRONG_KINDS,
    TOKEN_TRANSFER,
    Comparison,
    Expected,
    Role,
    Seen,
    Verdict,
    compare,
    not_booked,
)
from reconciliation.models import ExternalItem, Match
from transfers import locks
from transfers.commands.returns import has_come_back
from transfers.commands.treasury import gas_asset
from transfers.database_trouble import NOT_ABOUT_IT
from transfers.models import ChainTransaction, ExternalReference, Leg, Wallet
from transfers.postings import gas_reference
from transfers.states import TERMINAL, MoneyState

log = logging.getLogger(__name__)
ITEMS_PER_RUN = 500
State = ExternalItem.Status


@dataclass(frozen=True, slots=True)
class MatchRun:
    """What one run did: items matched, breaks opened, transfers reconciled."""

    matched: int
    breaks: int
    reconciled: int


def match_open_items(limit: int = ITEMS_PER_RUN) -> MatchRun:
    """Match what is unmatched, oldest first; then close the transfers that are proved, and report payments that never showed.

    At most `limit` items are given their end. Those that wait for our books do not count: they never keep others from their turn.
    """
    ended: list[str] = []
    for item_id in ExternalItem.objects.filter(status=State.UNMATCHED).order_by("booked_at", "id").values_list("id", flat=True):
        if len(ended) == limit:
            break
        status = _tried(item_id)
        ended += [status] if status in (State.MATCHED, State.BREAK) else []
    allocated = match_allocated()
    reconciled = close_proved_transfers()
    end_what_has_shown()
    missing = report_missing()
    return MatchRun(ended.count(State.MATCHED) + allocated, ended.count(State.BREAK) + missing, reconciled)


def _tried(item_id: UUID) -> str:
    try:
        return _settle_item(item_id)
    except NOT_ABOUT_IT:
        raise
    except Exception as trouble:  # One that cannot be booked keeps no other from its turn: logged, and a break tells.
        log.exception("item %s was not booked", item_id)
        set_apart(item_id, trouble)
        return State.UNMATCHED


@transaction.atomic
def _settle_item(item_id: UUID) -> str:
    """Give one item its end: matched or a break. It stays unmatched while our books have not caught up with it."""
    item = (
        ExternalItem.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("source", "block")
        .filter(pk=item_id, status=State.UNMATCHED)
        .first()
    )
    if item is None:
        return ""
    about_cards = settle_card_item(item)
    if about_cards is not None:
        return item.status if about_cards == State.UNMATCHED else _end(item, State(about_cards))
    leg = _leg_of(item)
    arrival = arrival_of(item) if leg is None or _comes_from_outside(item, leg) else None
    if arrival is not None:
        status = settle_arrival(item, arrival)
        return item.status if status == State.UNMATCHED else _end(item, State(status))
    if leg is None:
        return _end(item, State(settle_taken_back(item) or _unordered(item)))
    compared = _compared(item, leg)
    if compared is None:
        return item.status
    if compared.verdict is Verdict.RETURNED:
        ended = settle_return(item, leg, compared)
        if ended == State.MATCHED:
            _match(item, leg, compared.role)
        return item.status if ended == State.UNMATCHED else _end(item, State(ended))
    if compared.verdict is Verdict.MATCHED:
        _match(item, leg, compared.role)
        return _end(item, State.MATCHED)
    break_difference(item, leg, compared)
    return _end(item, State.BREAK)


def _unordered(item: ExternalItem) -> str:
    break_unordered(item)
    return State.BREAK


def _leg_of(item: ExternalItem) -> Leg | None:
    """The leg that the item names, its transfer locked. A name is believed only when it is ours: it was recorded before the outside
    could use it."""
    for kind in STRONG_KINDS:
        value = item.references.get(kind, "")
        named = Leg.objects.filter(external_references__kind=kind, external_references__value=value).order_by("id").first()
        if value and named is not None:
            locks.transfer(named.transfer_id)
            # Read again under the lock: another run or the driver may just have written.
            return Leg.objects.select_related("transfer").get(pk=named.pk)
    return None


def _comes_from_outside(item: ExternalItem, leg: Leg) -> bool:
    """Whether a transaction of ours ends in a client's deposit address: one payment, and one arrival of its own."""
    return item.kind == ExternalItem.Kind.TOKEN_TRANSFER and item.source.account_code not in (
        leg.account_code,
        leg.counterparty.get("account_code", ""),
    )


def _compared(item: ExternalItem, leg: Leg) -> Comparison | None:
    """None while the item is right and our books have not moved yet."""
    expected = _expected(leg, item.references.get("tx_hash", ""))
    has_ended = leg.transfer.status in TERMINAL
    if item.kind == ExternalItem.Kind.GAS and (_is_watched_elsewhere(item, leg) or (expected.gas_cost is None and not has_ended)):
        return None
    taken = frozenset(Role(role) for role in Match.objects.filter(leg_reference=leg.reference).values_list("role", flat=True))
    compared = compare(_seen(item), expected, taken)
    is_booked = leg.money_state == MoneyState.POSTED or has_come_back(leg.transfer)
    if compared.verdict is not Verdict.MATCHED or compared.role is Role.GAS or is_booked:
        return compared
    return not_booked(compared) if has_ended else None


def _is_watched_elsewhere(item: ExternalItem, leg: Leg) -> bool:
    """Whether our books have the payment in another block and somebody is still to look: its gas is booked anew then."""
    block = item.block.hash if item.block else ""
    watched = ChainTransaction.objects.filter(leg=leg, watch_at__isnull=False)
    return watched.exclude(hash=item.references["tx_hash"], block_hash=block).exists()


def _seen(item: ExternalItem) -> Seen:
    other = item.counterparty if item.kind == ExternalItem.Kind.TOKEN_TRANSFER else item.references.get("counterparty_account", "")
    names = {kind: value for kind, value in item.references.items() if kind in STRONG_KINDS}
    return Seen(
        item.kind,
        item.direction,
        item.source.account_code,
        item.currency,
        item.amount,
        other,
        names,
        holder=item.source.account_identification,
    )


def _expected(leg: Leg, tx_hash: str) -> Expected:
    if leg.rail != "evm":
        number = leg.counterparty.get("iban") or leg.counterparty.get("clabe") or ""
        return Expected(BANK_LINE, leg.account_code, leg.asset_id, leg.amount, number, names=_names(leg))
    wallet = Wallet.objects.get(code=leg.counterparty["wallet"])
    return Expected(
        kind=TOKEN_TRANSFER,
        account=leg.account_code,
        currency=leg.asset_id,
        amount=leg.amount,
        counterparty=leg.counterparty["address"],
        receiving_account=leg.counterparty.get("account_code", ""),
        payer=leg.counterparty.get("payer") or wallet.address,
        names=_names(leg),
        gas_currency=gas_asset(leg.counterparty["network"]),
        gas_cost=_gas_booked(tx_hash),
        gas_account=wallet.token_account_code,
        sender=wallet.address,
    )


def _names(leg: Leg) -> dict[str, frozenset[str]]:
    """Every name we gave the leg: a leg that was signed more than once has several hashes."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind, value in ExternalReference.objects.filter(leg=leg, kind__in=STRONG_KINDS).values_list("kind", "value"):
        found[kind].add(value)
    return {kind: frozenset(values) for kind, values in found.items()}


def _gas_booked(tx_hash: str) -> int | None:
    """What our books say the transaction cost, in minor units of the gas asset; None while nothing is booked."""
    name = gas_reference(tx_hash)
    # After a reorg what was booked is reversed, and the gas is booked anew under a longer name once it is in a block again.
    named = Q(transaction__reference=name) | Q(transaction__reference__startswith=f"{name}/")
    booked = Entry.objects.filter(named, debit__gt=0, transaction__reversed_by=None).order_by("transaction__booked_at").last()
    return booked.debit if booked else None


def _match(item: ExternalItem, leg: Leg, role: Role) -> None:
    Match.objects.create(
        item=item,
        transfer_id=leg.transfer_id,
        leg_reference=leg.reference,
        role=role,
        rule=RULE,
        confidence=CERTAIN,
        matched_at=clock.now(),
    )
    record(
        type="reconciliation.matched",
        resource_type="external_item",
        resource_id=str(item.id),
        transaction_id=leg.transfer_id,
        metadata={"source": item.source_id, "role": role, "rule": RULE, "leg": leg.reference},
    )


def _end(item: ExternalItem, status: ExternalItem.Status) -> str:
    item.status = status
    item.save(update_fields=["status"])
    end_with(item)
    return str(status)
