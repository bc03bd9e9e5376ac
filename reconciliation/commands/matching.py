"""Holding what the outside reported against what was ordered, item by item; and closing transfers whose evidence is complete.

Each item is one database transaction: item, then (for a complete transfer) the transfer, in the order of DECISIONS. Items already
taken by another run are skipped. Provider calls are not read here, and deleting every one of them changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit import clock
from audit.commands import record
from ledger.models import Entry
from ledger.queries import unit
from reconciliation.commands.breaks import open_break
from reconciliation.matching import CERTAIN, RULE, STRONG_KINDS, Comparison, Expected, Role, Seen, Verdict, compare
from reconciliation.models import Break, ExternalItem, Match, Source
from transfers.commands.reconcile import mark_reconciled
from transfers.models import ExternalReference, Leg, Transfer
from transfers.postings import gas_reference
from transfers.states import TERMINAL, Route, Status

ITEMS_PER_RUN = 500
TRANSFERS_PER_RUN = 200
# A payment that the outside still has not shown after this long is a break.
HOUR = timedelta(hours=1)
MISSING_AFTER = 24 * HOUR

_STATUS_BEFORE_RECONCILED = {Route.ON_CHAIN_WITHDRAWAL: Status.CONFIRMED, Route.OFF_RAMP: Status.FIAT_SETTLED}
_BREAK_OF = {Verdict.AMOUNT: Break.Type.AMOUNT, Verdict.FEE: Break.Type.FEE, Verdict.DUPLICATE: Break.Type.DUPLICATE}


@dataclass(frozen=True, slots=True)
class MatchRun:
    matched: int
    breaks: int
    reconciled: int


def match_open_items(limit: int = ITEMS_PER_RUN) -> MatchRun:
    """Match what is unmatched, oldest first; then close the transfers that are proved, and report payments that never showed."""
    ids = list(_unmatched().values_list("id", flat=True)[:limit])
    ended = [_settle_item(item_id) for item_id in ids]
    reconciled = _close_proved_transfers()
    missing = _report_missing()
    status = ExternalItem.Status
    return MatchRun(ended.count(status.MATCHED), ended.count(status.BREAK) + missing, reconciled)


def _unmatched() -> "QuerySet[ExternalItem]":
    return ExternalItem.objects.filter(status=ExternalItem.Status.UNMATCHED).order_by("booked_at", "id")


def _awaiting() -> Q:
    """Transfers whose books have moved as far as they will, and that wait for evidence."""
    condition = Q(pk__in=[])
    for route, status in _STATUS_BEFORE_RECONCILED.items():
        condition |= Q(route=route, status=status)
    return condition


@transaction.atomic
def _settle_item(item_id: UUID) -> str:
    """Give one item its end: matched or a break. It stays unmatched while our books have not caught up with it."""
    item = (
        ExternalItem.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("source")
        .filter(pk=item_id, status=ExternalItem.Status.UNMATCHED)
        .first()
    )
    if item is None:
        return ""
    leg = _leg_of(item)
    if leg is None:
        _break_external_only(item)
        return _end(item, ExternalItem.Status.BREAK)
    expected = _expected(item, leg)
    if item.kind == ExternalItem.Kind.GAS and expected.gas_cost is None and leg.transfer.status not in TERMINAL:
        return item.status
    taken = frozenset(Role(role) for role in Match.objects.filter(leg_reference=leg.reference).values_list("role", flat=True))
    compared = compare(_seen(item), expected, taken)
    if compared.verdict is Verdict.MATCHED:
        _match(item, leg, compared.role)
        return _end(item, ExternalItem.Status.MATCHED)
    _break_difference(item, leg, compared)
    return _end(item, ExternalItem.Status.BREAK)


def _leg_of(item: ExternalItem) -> Leg | None:
    """The leg that the item names. A name is believed only when it is ours: it was recorded before the outside could use it."""
    for kind in STRONG_KINDS:
        value = item.references.get(kind, "")
        known = (
            ExternalReference.objects.filter(kind=kind, value=value).exclude(leg=None)
            if value
            else ExternalReference.objects.none()
        )
        found = known.select_related("leg__transfer").first()
        if found is not None:
            return found.leg
    return None


def _seen(item: ExternalItem) -> Seen:
    other = item.counterparty if item.kind == ExternalItem.Kind.TOKEN_TRANSFER else item.references.get("counterparty_account", "")
    return Seen(item.kind, item.direction, item.currency, item.amount, other)


def _expected(item: ExternalItem, leg: Leg) -> Expected:
    is_payment = item.direction == ExternalItem.Direction.DEBIT
    named = leg.counterparty.get("address") or leg.counterparty.get("iban") or leg.counterparty.get("clabe") or ""
    cost = _gas_booked(item.references.get("tx_hash", ""), item.currency) if item.kind == ExternalItem.Kind.GAS else None
    return Expected(
        currencies=frozenset({leg.asset_id}),
        amount=leg.amount,
        counterparty=named if is_payment else "",
        gas_currency=item.currency,
        gas_cost=cost,
    )


def _gas_booked(tx_hash: str, gas_asset_id: str) -> int | None:
    """What our books say the transaction cost, in minor units of the gas asset; None while nothing is booked."""
    booked = Entry.objects.filter(transaction__reference=gas_reference(tx_hash), asset_id=gas_asset_id, debit__gt=0).first()
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
    return str(status)


def _words(item: ExternalItem) -> str:
    verb = "arrived" if item.direction == ExternalItem.Direction.CREDIT else "left"
    what = "Gas was paid" if item.kind == ExternalItem.Kind.GAS else f"Money {verb}"
    return f"{what} that nobody here ordered"


def _break_external_only(item: ExternalItem) -> None:
    leaving = item.direction == ExternalItem.Direction.DEBIT
    open_break(
        type=Break.Type.EXTERNAL_ONLY,
        severity=_severity(item, leaving=leaving),
        source=item.source,
        subject_key=f"external-only:{item.fingerprint}",
        title=f"{_words(item)}: {item.source.name}",
        explanation="The outside reports it, and no reference of it is one of ours.",
        currency=_asset_id(item),
        expected=None,
        actual=item.amount,
        item=item,
    )


def _severity(item: ExternalItem, *, leaving: bool) -> str:
    """Money that left the house unordered is an incident; a bank's own small charge is not, but nobody can tell before looking."""
    if not leaving:
        return Break.Severity.MEDIUM
    return Break.Severity.HIGH if item.kind == ExternalItem.Kind.BANK_LINE else Break.Severity.CRITICAL


def _break_difference(item: ExternalItem, leg: Leg, compared: Comparison) -> None:
    open_break(
        type=_BREAK_OF[compared.verdict],
        severity=Break.Severity.HIGH,
        source=item.source,
        subject_key=f"{compared.verdict}:{item.fingerprint}",
        title=f"Transfer {leg.transfer.reference}: {compared.difference}",
        explanation=f"The item names leg {leg.reference}, but {compared.difference}.",
        currency=_asset_id(item),
        expected=compared.expected,
        actual=item.amount,
        item=item,
        transfer_id=leg.transfer_id,
    )


def _asset_id(item: ExternalItem) -> str:
    """The asset in which the break's amounts are shown. Empty for a currency that the ledger does not keep."""
    try:
        return unit(item.currency).id
    except LookupError:
        return ""


def _close_proved_transfers() -> int:
    """Mark every transfer whose legs are all proved. One that another process moved meanwhile is left for the next run."""
    waiting = Transfer.objects.filter(_awaiting()).order_by("state_entered_at")[:TRANSFERS_PER_RUN]
    return sum(_close(found) for found in waiting)


def _close(found: Transfer) -> bool:
    legs = list(Leg.objects.filter(transfer=found).order_by("ordinal"))
    matches = list(Match.objects.filter(transfer_id=found.id).select_related("item"))
    proved = {(match.leg_reference, match.role) for match in matches}
    if not legs or any(needed not in proved for leg in legs for needed in _needed(leg)):
        return False
    evidence = {
        f"{match.role}:{match.leg_reference}": {"item": str(match.item_id), "source": match.item.source_id, "rule": match.rule}
        for match in matches
    }
    mark_reconciled(transfer_id=found.id, evidence=evidence)
    return True


def _needed(leg: Leg) -> list[tuple[str, str]]:
    """What must be proved of a leg: the payment, and on a chain what the sending cost."""
    payment = (leg.reference, Role.PAYMENT.value)
    return [payment, (leg.reference, Role.GAS.value)] if leg.rail == "evm" else [payment]


def _report_missing() -> int:
    """Payments that we believe made and the outside has not shown in time."""
    late = Transfer.objects.filter(_awaiting(), state_entered_at__lt=clock.now() - MISSING_AFTER)[:TRANSFERS_PER_RUN]
    return sum(_report_missing_of(found) for found in late)


def _report_missing_of(found: Transfer) -> int:
    proved = set(Match.objects.filter(transfer_id=found.id).values_list("leg_reference", "role"))
    unproved = [leg for leg in Leg.objects.filter(transfer=found) if (leg.reference, Role.PAYMENT.value) not in proved]
    opened = 0
    for leg in unproved:
        source = Source.objects.filter(account_code=leg.account_code).first()
        key = f"missing-external:{leg.reference}"
        if source is None or Break.objects.filter(subject_key=key).exists():
            continue
        open_break(
            type=Break.Type.MISSING_EXTERNAL,
            severity=Break.Severity.HIGH,
            source=source,
            subject_key=key,
            title=f"Transfer {found.reference}: the outside does not show the payment",
            explanation=f"Our books moved over {MISSING_AFTER // HOUR} hours ago; {source.name} has no such line.",
            currency=leg.asset_id,
            expected=leg.amount,
            actual=None,
            transfer_id=found.id,
        )
        opened += 1
    return opened
