"""The card provider's settlement report, and the one payment at our bank that stands for many captures.

Each line of a batch is an item and proves its payment. The batch itself is proved by the bank: a credit whose text names it, and
whose amount is its net; a debit for a batch that took more than it gave. One that comes to nothing never shows at the bank.
"""

import hashlib
import re
from datetime import timedelta

import structlog
from django.db import IntegrityError

from audit import clock
from audit.commands import record
from ledger.errors import LedgerError
from reconciliation.commands.breaks import open_break
from reconciliation.commands.item_breaks import break_card, break_unordered
from reconciliation.matching import CERTAIN, STRONG_KINDS, Role
from reconciliation.models import Break, ExternalItem, Match, Source
from transfers import locks
from transfers.commands.deposits.cards import PSP, book_batch, pay_batch
from transfers.errors import Conflict
from transfers.models import BankAccount, CardBatch, CardDispute, ExternalReference, Leg
from transfers.rails.base import RailError
from transfers.rails.psp import Batch, BatchLine
from transfers.rails.registry import rails
from transfers.states import TERMINAL, MoneyState, Status

log = structlog.get_logger(__name__)
RULE = "card-settlement/1"
State = ExternalItem.Status
_NAMED = re.compile(r"PSPBATCH[0-9]{8}")
# A batch that the bank books before the provider reports it; after this nobody believes that it is one.
REPORT_COMES_WITHIN = timedelta(days=1)
_ROLES = {"capture": Role.RECEIPT, "chargeback": Role.DISPUTE, "chargeback_won": Role.DISPUTE_WON, "refund": Role.PAYMENT}
_DISPUTED = (Role.DISPUTE, Role.DISPUTE_WON)


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
    except (Conflict, LedgerError) as error:
        open_break(
            type=Break.Type.EXTERNAL_ONLY,
            severity=Break.Severity.HIGH,
            source=source,
            subject_key=f"card-batch:{batch.reference}",
            title=f"Card settlement {batch.reference} cannot be booked",
            explanation=f"Nothing of it is booked, and none after it: {error}.",
            currency=batch.currency,
            expected=None,
            actual=batch.net,
        )
        return False
    except IntegrityError:
        # Of two who read it at the same moment one books it.
        if not CardBatch.objects.filter(sequence=batch.sequence, reference=batch.reference).exists():
            raise
    return True


def settle_card_item(item: ExternalItem) -> str | None:
    """The end of an item that is about cards; unmatched while our books have not caught up, None for any other item."""
    if item.kind == ExternalItem.Kind.CARD_LINE:
        return _line(item)
    if item.kind == ExternalItem.Kind.BANK_LINE:
        named = _NAMED.search("".join(item.text.upper().split()))
        return _payment(item, named.group()) if named and not _names_a_leg(item) else None
    return None


def _names_a_leg(item: ExternalItem) -> bool:
    """A payment of ours says what its client wants it to say, be it the name of a batch."""
    names = [value for kind in STRONG_KINDS if (value := item.references.get(kind, ""))]
    return ExternalReference.objects.filter(kind__in=STRONG_KINDS, value__in=names).exists()


def _payment(item: ExternalItem, reference: str) -> str | None:
    account = BankAccount.objects.filter(account_code=item.source.account_code).first()
    batch = CardBatch.objects.filter(reference=reference).first()
    if account is None or (batch is None and clock.now() - item.imported_at > REPORT_COMES_WITHIN):
        return None
    if batch is None:
        return State.UNMATCHED
    if _moved(item) != (batch.net, batch.asset_id) or batch.status == CardBatch.Status.PAID:
        break_unordered(item)
        return State.BREAK
    pay_batch(batch.pk, nostro=account.account_code)
    _match(item, str(batch.pk), batch.reference, Role.RECEIPT if batch.net > 0 else Role.PAYMENT)
    return State.MATCHED


def _moved(item: ExternalItem) -> tuple[int, str]:
    """What came to us, below zero for what left."""
    return (item.amount if item.direction == ExternalItem.Direction.CREDIT else -item.amount), item.currency


def _line(item: ExternalItem) -> str:
    leg = Leg.objects.select_related("transfer").filter(rail=PSP, reference=item.references["payment"]).first()
    if leg is None:
        break_unordered(item)
        return State.BREAK
    locks.transfer(leg.transfer_id)
    leg = Leg.objects.select_related("transfer").get(pk=leg.pk)
    role = _ROLES[item.references["line"]]
    if role in _DISPUTED:
        return _dispute_line(item, leg, role)
    if leg.money_state != MoneyState.POSTED and leg.transfer.status in TERMINAL:
        break_card(item, leg, "our books say that it was never made")
        return State.BREAK
    if leg.money_state != MoneyState.POSTED:
        return State.UNMATCHED
    return _proved(item, leg, role, amount=leg.amount)


def _dispute_line(item: ExternalItem, leg: Leg, role: Role) -> str:
    """It waits until the driver has read of its dispute in the provider's own record."""
    dispute = _dispute_of(item, leg, role)
    if dispute is None and leg.transfer.status == Status.FAILED:
        break_card(item, leg, "our books say that it was never made")
        return State.BREAK
    if dispute is None or (role is Role.DISPUTE_WON and dispute.status != CardDispute.Status.WON):
        return State.UNMATCHED
    return _proved(item, leg, role, amount=dispute.amount, subject=dispute.provider_id)


def _dispute_of(item: ExternalItem, leg: Leg, role: Role) -> CardDispute | None:
    """The one that the line names. A provider that names none means the first of that amount, or else the first at all, that no
    other line has proved."""
    disputes = CardDispute.objects.filter(transfer_id=leg.transfer_id).order_by("opened_at", "pk")
    if name := item.references.get("dispute", ""):
        return disputes.filter(provider_id=name).first()
    proved = Match.objects.filter(leg_reference=leg.reference, role=role).values("subject")
    left = disputes.exclude(provider_id__in=proved)
    return left.filter(amount=item.amount).first() or left.first() or disputes.first()


def _proved(item: ExternalItem, leg: Leg, role: Role, *, amount: int, subject: str = "") -> str:
    if (item.amount, item.currency) != (amount, leg.asset_id):
        break_card(item, leg, "the provider settles another amount")
        return State.BREAK
    if Match.objects.filter(leg_reference=leg.reference, role=role, subject=subject).exists():
        break_card(item, leg, "the provider settles it a second time")
        return State.BREAK
    _match(item, str(leg.transfer_id), leg.reference, role, subject=subject)
    return State.MATCHED


def _match(item: ExternalItem, about: str, name: str, role: Role, *, subject: str = "") -> None:
    Match.objects.create(
        item=item,
        transfer_id=about,
        leg_reference=name,
        subject=subject,
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
        references={"payment": line.reference, "batch": batch.reference, "line": line.kind, "dispute": line.dispute},
        imported_at=now,
    )
