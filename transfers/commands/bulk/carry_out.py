"""Carrying out a released file, part by part: each part in one database transaction, so that a crash leaves it done or not begun.

Parts are taken with SKIP LOCKED: any number of workers may go through one file, and each part is done once. Lines between
clients are booked together, in one call of the ledger; a line that the books refuse fails alone and its money is free again. The
others become transfers in flight, each with a hold of its own, and are driven like any other, after single ones.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F

from approvals.commands.halts import check_halts
from approvals.commands.limits import hold_limits
from approvals.errors import Halted
from approvals.queries import sentence_of
from audit import clock, context
from audit.commands import record
from audit.context import Actor
from ledger import chart
from ledger.commands import Batch, BatchLine, PlaceHold, ReleaseHold, apply_holds, post_batch
from ledger.errors import LedgerError
from transfers import postings
from transfers.bulk.content import PlannedLine
from transfers.commands import stopped
from transfers.commands.bulk import payload
from transfers.commands.bulk.drawing_up import draw_up
from transfers.commands.bulk.ending import give_back
from transfers.commands.bulk.events import PART_DONE
from transfers.commands.bulk.proving import prove_part
from transfers.commands.limit_shares import give_back_lines
from transfers.commands.move_all import move_all
from transfers.crashpoints import crashpoint
from transfers.errors import TransferError
from transfers.failures import FAILURES
from transfers.models import BulkOrder, BulkPart, Transfer
from transfers.states import MoneyState, RequestState, Route, Status

log = logging.getLogger(__name__)
AGAIN = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
REFUSED = "bulk_line_refused"


def carry_out_due(limit: int = 10) -> int:
    """Up to `limit` parts that are due, oldest file first; how many were done."""
    for done in range(limit):
        if not carry_out_next():
            return done
    return limit


def carry_out_next() -> bool:
    """One part, or False when none is due. Never raises for one part's trouble: it is written on its row and tried again."""
    taken: list[UUID] = []
    try:
        with transaction.atomic():
            part = _claimed()
            if part is None:
                return False
            taken.append(part.pk)
            crashpoint("bulk.after_claim")
            with context.bind(Actor.system("bulk"), correlation_id=part.order.correlation_id):
                _carry_out(part)
            crashpoint("bulk.before_commit")
    except (Halted, TransferError, LedgerError, DatabaseError) as trouble:
        log.warning("part %s of a file is put off: %s", taken, trouble)
        _put_off(taken, trouble)
    crashpoint("bulk.after_commit")
    return True


def _claimed() -> BulkPart | None:
    """The part that is due the longest and that nobody else has, locked."""
    due = BulkPart.objects.filter(
        due_at__lte=clock.now(), status=BulkPart.Status.WAITING, order__status=BulkOrder.Status.IN_PROGRESS
    )
    ordered = due.select_related("order", "corridor", "policy_decision").order_by("order__created_at", "ordinal")
    return ordered.select_for_update(skip_locked=True, of=("self",)).first()


def _carry_out(part: BulkPart) -> None:
    if clock.now() > part.order.not_after:
        give_back(part.order, [part], "The file's time was up before this part was carried out.")
        return
    lines = prove_part(part)
    payer = chart.client_account_code(part.order.client_id, part.corridor.source_asset_id)
    check_halts(
        client_id=part.order.client_id,
        account_codes=(payer,),
        asset_ids=(part.corridor.source_asset_id, part.corridor.target_asset_id),
        corridor_id=part.corridor_id,
    )
    # The part ends before its lines move: it is what others look at for the hold.
    BulkPart.objects.filter(pk=part.pk).update(status=BulkPart.Status.DONE, ended_at=clock.now(), due_at=None, last_error="")
    if part.corridor.route == Route.INTERNAL_TRANSFER:
        counted = _book_together(part, lines)
    else:
        counted = _into_flight(part, lines, payer)
    record(
        type=PART_DONE,
        resource_type="bulk_part",
        resource_id=str(part.pk),
        metadata={"order": str(part.order_id), "part": part.ordinal, "lines": part.line_count, **counted},
    )


def _into_flight(part: BulkPart, lines: Sequence[PlannedLine], payer: str) -> dict[str, int]:
    """The part's hold becomes one hold per line, in one call under the account's lock."""
    transfers = draw_up(part, lines, in_flight=True)
    crashpoint("bulk.after_creating")
    holds = [PlaceHold(one.hold_reference, payer, one.max_total_debit, transaction_id=one.pk) for one in transfers]
    apply_holds(ReleaseHold(part.hold_reference), *holds, transaction_id=part.order_id)
    return {"in_flight": len(transfers)}


def _book_together(part: BulkPart, lines: Sequence[PlannedLine]) -> dict[str, int]:
    transfers = draw_up(part, lines, in_flight=False)
    # What all lines have in common was looked at with the gate; here, what each touches besides.
    halted = {transfer_id: sentence_of(halt) for transfer_id, halt in stopped.among(transfers).items()}
    # Before the accounts, as locks go: a line that the books refuse gives its share back after them.
    hold_limits(payload.limit_subject(part.order_id, str(part.corridor_id)))
    going = [one for one in transfers if one.pk not in halted]
    results = _posted(part, going)
    crashpoint("bulk.after_posting")
    refused = {one.pk: str(line.error) for one, line in zip(going, results, strict=True) if line.error is not None}
    refused |= halted
    _confirmed([one for one in transfers if one.pk not in refused])
    _failed([one for one in transfers if one.pk in refused], refused)
    return {"booked": len(transfers) - len(refused), "refused": len(refused)}


def _posted(part: BulkPart, transfers: Sequence[Transfer]) -> Sequence[BatchLine]:
    """One call for all: the part's hold is released and every line takes its share, under the same locks."""
    if not transfers:
        apply_holds(ReleaseHold(part.hold_reference), transaction_id=part.order_id)
        return ()
    now = clock.now()
    booked = tuple(
        postings.internal(
            transfer_id=one.pk,
            reference=one.reference,
            asset=one.source_asset_id,
            sender=one.client_id,
            receiver=str(one.receiver_id),
            principal=int(one.source_amount),
            fee=int(one.max_fee),
            hold_reference=None,
            corridor=str(one.corridor_id),
            value_at=now,
        )
        for one in transfers
    )
    return post_batch(Batch(booked, holds=(ReleaseHold(part.hold_reference),), one_by_one=True))


def _confirmed(transfers: Sequence[Transfer]) -> None:
    move_all(
        transfers,
        Status.CONFIRMED,
        data={one.pk: {"posting": postings.internal_reference(one.reference), "receiver": one.receiver_id} for one in transfers},
        target_amount=F("source_amount"),
        fee_amount=F("max_fee"),
        money_state=MoneyState.POSTED,
        request_state=RequestState.RESPONDED,
        due_at=None,
    )


def _failed(transfers: Sequence[Transfer], reasons: dict[UUID, str]) -> None:
    give_back_lines(transfers)
    move_all(
        transfers,
        Status.FAILED,
        data={one.pk: {"code": REFUSED} for one in transfers},
        reasons=reasons,
        failure_code=REFUSED,
        failure_message=FAILURES[REFUSED].client_text,
        money_state=MoneyState.NONE,
        due_at=None,
    )


def _put_off(taken: list[UUID], trouble: Exception) -> None:
    """A halt is no failure: it is looked at soon. Everything else is tried again with a growing pause."""
    for part in BulkPart.objects.filter(pk__in=taken, status=BulkPart.Status.WAITING):
        pause = AGAIN if isinstance(trouble, Halted) else min(AGAIN * 2 ** min(part.attempts, 10), LONGEST_PAUSE)
        words = trouble.sentence if isinstance(trouble, Halted) else str(trouble)
        BulkPart.objects.filter(pk=part.pk, status=BulkPart.Status.WAITING).update(
            attempts=F("attempts") + 1, last_error=words, due_at=clock.now() + pause
        )
