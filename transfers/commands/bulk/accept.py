"""Accepting a file as one order: judged whole, limited, held and put before approvers in one database transaction, or refused
whole.

Locks in their order: idempotency key, halts (shared), limit buckets, accounts.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from approvals.commands.halts import check_halts
from approvals.commands.limits import consume_limits
from approvals.commands.policy import decide_policy
from approvals.commands.requests import open_request
from approvals.errors import Halted, LimitExceeded
from approvals.models import ApprovalRequest, Client, PolicyDecision
from audit import clock, context
from audit.commands import record
from audit.identity import new_id, new_reference
from ledger import chart
from ledger.commands import PlaceHold, apply_holds
from ledger.errors import AccountClosed, InsufficientFunds, UnknownAccount
from ledger.money import Money
from ledger.queries import unit
from transfers.bulk.content import Part, digest_of_order, parts_of, totals_of
from transfers.commands.bulk import judging, payload
from transfers.commands.bulk.checking import Checked, LinesRefused, check, order_of_message
from transfers.commands.bulk.events import ACCEPTED
from transfers.commands.bulk.judging import Judged
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused, Stopped
from transfers.models import BulkOrder, BulkPart, BulkUpload, IdempotencyKey
from transfers.states import Route

# Sixty thousand payouts take their time.
ORDER_LIFETIME = timedelta(hours=24)


def accept(
    upload: BulkUpload,
    *,
    makers: tuple[UUID, ...],
    made_by: str,
    made_by_type: str,
    client_reference: str = "",
    idempotency_key_id: UUID | None = None,
    shown: list[dict[str, Any]] | None = None,
) -> BulkOrder:
    """The order that the file is; the same for a file that was accepted before. `shown` are the totals that its maker has seen,
    if any. Raises Refused, LinesRefused, Unavailable, and Conflict when they are not what it comes to now."""
    known = BulkOrder.objects.filter(upload=upload).first()
    if known is not None:
        return known
    checked = check(upload, made_by_type=made_by_type)
    sent_before = order_of_message(upload, checked)
    if sent_before is not None:
        return sent_before
    if checked.problems or checked.judged is None:
        raise LinesRefused(checked.problems)
    if shown is not None and shown != totals_of(checked.plan.lines):
        raise Conflict("What the file costs has changed since it was checked. Upload it again and read the new totals.")
    try:
        return _ordered(upload, checked, makers, client_reference, made_by, made_by_type, idempotency_key_id)
    except IntegrityError:
        # Its twin was faster: the database takes a message id once.
        sent_before = order_of_message(upload, checked)
        if sent_before is None:
            raise
        return sent_before


def _ordered(
    upload: BulkUpload,
    checked: Checked,
    makers: tuple[UUID, ...],
    client_reference: str,
    made_by: str,
    made_by_type: str,
    idempotency_key_id: UUID | None,
) -> BulkOrder:
    judged = checked.judged
    if judged is None:
        raise LinesRefused(checked.problems)
    with transaction.atomic():
        BulkUpload.objects.select_for_update().get(pk=upload.pk)
        known = BulkOrder.objects.filter(upload=upload).first()
        if known is not None:
            return known
        order = _drawn_up(upload, checked, client_reference, made_by, made_by_type)
        order.idempotency_key = IdempotencyKey.objects.filter(pk=idempotency_key_id).first() if idempotency_key_id else None
        _accept(order, judged, parts_of(checked.plan.lines, booked_together=(Route.INTERNAL_TRANSFER,)), makers)
        crashpoint("bulk.accept.before_commit")
    crashpoint("bulk.accept.after_commit")
    return order


def _drawn_up(upload: BulkUpload, checked: Checked, client_reference: str, made_by: str, made_by_type: str) -> BulkOrder:
    now, planned = clock.now(), checked.plan
    return BulkOrder(
        id=new_id(),
        reference=new_reference(),
        client_id=upload.client_id,
        upload=upload,
        lines_digest=digest_of_order(planned.lines),
        line_count=len(planned.lines),
        totals=totals_of(planned.lines),
        client_reference=client_reference,
        message_id=checked.message_id,
        not_after=now + ORDER_LIFETIME,
        correlation_id=context.current().correlation_id,
        made_by=made_by,
        made_by_type=made_by_type,
        created_at=now,
        updated_at=now,
    )


def _accept(order: BulkOrder, judged: Judged, parts: list[Part], makers: tuple[UUID, ...]) -> None:
    _check_halts(order, judged)
    decisions = {one.corridor: _decided(order, one) for one in judged.corridors}
    for one in judged.corridors:
        _consume(order, one)
    rows = [_row(order, number, part, decisions[part.corridor]) for number, part in enumerate(parts, 1)]
    order.approval_request = _ask(order, judged, rows, makers)
    order.save(force_insert=True)
    BulkPart.objects.bulk_create(rows)
    _told(order, rows)
    _hold(order, rows)


def _check_halts(order: BulkOrder, judged: Judged) -> None:
    try:
        for one in judged.corridors:
            check_halts(
                client_id=order.client_id,
                account_codes=(chart.client_account_code(order.client_id, one.asset),),
                asset_ids=(one.asset,),
                corridor_id=one.corridor,
            )
    except Halted as halted:
        raise Stopped(halted.code, halted.sentence) from halted


def _decided(order: BulkOrder, one: judging.Corridor) -> PolicyDecision:
    decision = decide_policy(subject_type="bulk_order", subject_id=str(order.id), facts=one.facts)
    if decision.outcome == "deny":
        raise Refused("policy_denied", "Our policy does not allow this much in one file. Please contact support.")
    return decision


def _consume(order: BulkOrder, one: judging.Corridor) -> None:
    try:
        consume_limits(
            client_id=order.client_id,
            corridor_id=one.corridor,
            asset_id=one.asset,
            amount=one.amount,
            subject_id=payload.limit_subject(order.id, one.corridor),
            largest=one.largest,
        )
    except LimitExceeded as error:
        asset = unit(one.asset)
        left = Money(max(error.capacity - error.used, 0), asset).format()
        raise Refused(
            "limit_exceeded", f"{error.limit}: {left} {asset.code} are left.", {"lines": f"At most {left} now."}
        ) from error


def _row(order: BulkOrder, number: int, part: Part, decision: PolicyDecision) -> BulkPart:
    return BulkPart(
        order=order,
        ordinal=number,
        corridor_id=part.corridor,
        line_count=len(part.lines),
        first_line=part.lines[0].number,
        last_line=part.lines[-1].number,
        amount=part.amount,
        fees=part.fees,
        content=part.content,
        digest=part.digest,
        hold_reference=f"bulk-hold/{order.reference}/{number}",
        policy_decision=decision,
    )


def _ask(order: BulkOrder, judged: Judged, rows: list[BulkPart], makers: tuple[UUID, ...]) -> ApprovalRequest:
    sums = " and ".join(
        f"{Money(int(one['amount']), unit(one['asset'])).format()} {unit(one['asset']).code}" for one in order.totals
    )
    name = Client.objects.values_list("name", flat=True).get(pk=order.client_id)
    return open_request(
        action=payload.RELEASE_ACTION,
        subject_type="bulk_order",
        subject_id=str(order.id),
        client_id=order.client_id,
        title=f"{'Review: ' if judged.held else ''}{name} pays {sums} in {order.line_count:,} lines",
        payload=payload.build(order, rows, revision=1, makers=makers),
        quorum=judged.quorum,
        role=judged.role,
        expires_at=order.not_after,
        makers=makers,
    )


def _told(order: BulkOrder, rows: list[BulkPart]) -> None:
    record(
        type=ACCEPTED,
        resource_type="bulk_order",
        resource_id=str(order.id),
        diff={"version": [0, 1], "status": ["", order.status]},
        metadata={
            "reference": order.reference,
            "client_id": order.client_id,
            "upload": str(order.upload_id),
            "sha256": bytes(order.upload.sha256).hex(),
            "lines": order.line_count,
            "totals": order.totals,
            "parts": [bytes(row.digest).hex() for row in rows],
        },
    )


def _hold(order: BulkOrder, rows: list[BulkPart]) -> None:
    """Everything at once: what a part may take is set aside for it, or nothing is."""
    assets = dict(BulkPart.objects.filter(order=order).values_list("corridor_id", "corridor__source_asset_id"))
    holds = [
        PlaceHold(
            row.hold_reference, chart.client_account_code(order.client_id, assets[row.corridor_id]), int(row.amount + row.fees)
        )
        for row in rows
    ]
    try:
        apply_holds(*holds, transaction_id=order.id)
    except InsufficientFunds as error:
        need = ", ".join(
            f"{Money(int(one['amount']) + int(one['max_fees']), unit(one['asset'])).format()} {unit(one['asset']).code}"
            for one in order.totals
        )
        raise Refused("insufficient_funds", f"The available balance does not cover the file; it needs {need}.") from error
    except (UnknownAccount, AccountClosed) as error:
        raise Refused("insufficient_funds", "There is no open balance to pay some of it from.") from error
