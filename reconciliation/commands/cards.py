"""The card provider's settlement report, and the one payment at our bank that stands for many captures.

Each line of a batch is an item and proves its payment. The batch itself is proved by the bank: a credit whose text names it, and
whose amount is its net.
"""

import hashlib
import re
from datetime import timedelta

import structlog

from audit import clock
from audit.commands import record
from reconciliation.commands.breaks import open_break
from reconciliation.commands.item_breaks import break_card, break_unordered
from reconciliation.matching import CERTAIN, Role
from reconciliation.models import Break, ExternalItem, Match, Source
from transfers import locks
from transfers.commands.deposits.cards import PSP, book_batch, pay_batch
from transfers.errors import Conflict
from transfers.models import BankAccount, CardBatch, CardDispute, Leg
from transfers.rails.base import RailError
from transfers.rails.psp import Batch, BatchLine
from transfers.rails.registry import rails
from transfers.states import MoneyState

log = structlog.get_logger(__name__)
RULE = "card-settlement/1"
State = ExternalItem.Status
_NAMED = re.compile(r"PSPBATCH[0-9]{8}")
# A batch that the bank books before the provider reports it; after this nobody believes that it is one.
REPORT_COMES_WITHIN = timedelta(days=1)
_ROLES = {"capture": Role.RECEIPT, "chargeback": Role.DISPUTE, "chargeback_won": Role.DISPUTE_WON, "refund": Role.PAYMENT}


def fetch_batches() -> None:
    """Read and book what the provider has settled since we last asked. A provider that does not answer is asked again next time."""
    if not rails().settings.psp_url:
        return
    last = CardBatch.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    try:
        reported = rails().psp.settlements(last)
    except RailError as error:
        log.warning("reconciliation.card_batches_not_read", error=str(error))
        return
    for batch in reported:
        if not _take(batch):
            return


def _take(batch: Batch) -> bool:
    """Lines first: they say what the outside says, whether our books agree or not. False when the batch cannot be booked."""
    source = _source()
    ExternalItem.objects.bulk_create([_item(source, batch, line) for line in batch.lines], ignore_conflicts=True)
    try:
        book_batch(batch)
    except Conflict as conflict:
        open_break(
            type=Break.Type.EXTERNAL_ONLY,
            severity=Break.Severity.HIGH,
            source=source,
            subject_key=f"card-batch:{batch.reference}",
            title=f"Card settlement {batch.reference} cannot be booked",
            explanation=f"Nothing of it is booked, and none after it: {conflict}.",
            currency=batch.currency,
            expected=None,
            actual=batch.net,
        )
        return False
    return True


def settle_card_item(item: ExternalItem) -> str | None:
    """The end of an item that is about cards; unmatched while our books have not caught up, None for any other item."""
    if item.kind == ExternalItem.Kind.CARD_LINE:
        return _line(item)
    if item.kind == ExternalItem.Kind.BANK_LINE and item.direction == ExternalItem.Direction.CREDIT:
        named = _NAMED.search("".join(item.text.upper().split()))
        return _payment(item, named.group()) if named else None
    return None


def _payment(item: ExternalItem, reference: str) -> str | None:
    account = BankAccount.objects.filter(account_code=item.source.account_code).first()
    batch = CardBatch.objects.filter(reference=reference).first()
    if account is None or (batch is None and clock.now() - item.imported_at > REPORT_COMES_WITHIN):
        return None
    if batch is None:
        return State.UNMATCHED
    if (item.amount, item.currency) != (batch.net, batch.asset_id) or batch.status == CardBatch.Status.PAID:
        break_unordered(item)
        return State.BREAK
    pay_batch(batch.pk, nostro=account.account_code)
    _match(item, str(batch.pk), batch.reference, Role.RECEIPT)
    return State.MATCHED


def _line(item: ExternalItem) -> str:
    leg = Leg.objects.select_related("transfer").filter(rail=PSP, reference=item.references["payment"]).first()
    if leg is None:
        break_unordered(item)
        return State.BREAK
    locks.transfer(leg.transfer_id)
    leg = Leg.objects.select_related("transfer").get(pk=leg.pk)
    role = _ROLES[item.references["line"]]
    if (item.amount, item.currency) != (_amount(leg, role), leg.asset_id):
        break_card(item, leg, "the provider settles another amount")
        return State.BREAK
    if not _is_booked(leg, role):
        return State.UNMATCHED
    _match(item, str(leg.transfer_id), leg.reference, role)
    return State.MATCHED


def _amount(leg: Leg, role: Role) -> int:
    """What is disputed is what was not refunded, as the provider has told us."""
    about_dispute = role in (Role.DISPUTE, Role.DISPUTE_WON)
    disputed = CardDispute.objects.filter(transfer_id=leg.transfer_id).first() if about_dispute else None
    return int(disputed.amount if disputed else leg.amount)


def _is_booked(leg: Leg, role: Role) -> bool:
    disputes = CardDispute.objects.filter(transfer_id=leg.transfer_id)
    if role is Role.DISPUTE:
        return disputes.exists()
    return disputes.filter(status="won").exists() if role is Role.DISPUTE_WON else leg.money_state == MoneyState.POSTED


def _match(item: ExternalItem, subject: str, name: str, role: Role) -> None:
    Match.objects.create(
        item=item,
        transfer_id=subject,
        leg_reference=name,
        role=role,
        rule=RULE,
        confidence=CERTAIN,
        matched_at=clock.now(),
    )
    record(
        type="reconciliation.matched",
        resource_type="external_item",
        resource_id=str(item.id),
        metadata={"source": item.source_id, "role": role, "rule": RULE, "leg": name},
    )


def _source() -> Source:
    source, _ = Source.objects.get_or_create(
        code="card-provider", defaults={"name": "Card provider, settlement reports", "kind": Source.Kind.CARDS}
    )
    return source


def _item(source: Source, batch: Batch, line: BatchLine) -> ExternalItem:
    now = clock.now()
    return ExternalItem(
        source=source,
        kind=ExternalItem.Kind.CARD_LINE,
        fingerprint=hashlib.sha256(f"{source.code}|{batch.reference}|{line.number}".encode()).hexdigest(),
        direction=ExternalItem.Direction.CREDIT if line.gross > 0 else ExternalItem.Direction.DEBIT,
        currency=batch.currency,
        amount=abs(line.gross),
        booked_at=now,
        references={"payment": line.reference, "batch": batch.reference, "line": line.kind},
        imported_at=now,
    )
