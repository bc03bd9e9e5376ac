"""Posting and holds."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.errors import BadPosting
from ledger.gateway import answer_of, call
from ledger.posting import Batch, BatchLine, ExpireHold, HoldOp, Line, PlaceHold, Posted, Posting, ReleaseHold, SettleHold
from ledger.refusals import refusal


def post(posting: Posting) -> Posted:
    """Book `posting`: transaction, entries, holds and guarded balances in one round trip, all or nothing.

    The same reference and content again is a no-op that returns the first with `replayed`; other content raises ReferenceReused.
    Raises InsufficientFunds, Unbalanced, UnknownAccount, AccountClosed, NotGuarded, PeriodClosed, HoldUnknown, HoldEnded,
    SettlementTooHigh and, for a reversal, UnknownPosting, NotAMirror, AlreadyReversed.
    """
    request = _posting(posting) | {"holds": [hold_request(operation) for operation in posting.holds]}
    answer = answer_of("ledger_post", request)
    return Posted(UUID(answer["id"]), answer["replayed"])


def post_batch(batch: Batch) -> tuple[BatchLine, ...]:
    """Book the postings of `batch` in one round trip and say what became of each, in their order.

    All or nothing raises what `post` raises, for the first posting that cannot stand; one by one, that posting's line carries the
    error instead. Postings that were booked before are replayed. Both raise BookedMeanwhile when another session booked one of the
    references at the same moment (repeating the batch recognises it), and what the holds raise.
    """
    request = {
        "postings": [_posting(posting) for posting in batch.postings],
        "holds": [hold_request(operation) for operation in batch.holds],
        "one_by_one": batch.one_by_one,
    }
    answer = answer_of("ledger_post_batch", request)
    new_ids: list[str] = answer["ids"]
    lines = [BatchLine(posting.reference, UUID(new_id)) for posting, new_id in zip(batch.postings, new_ids, strict=True)]
    places = {new_id: place for place, new_id in enumerate(new_ids)}
    for told in answer["others"]:
        place = told["ordinal"] - 1 if "ordinal" in told else places[told["id"]]
        lines[place] = _told(batch.postings[place].reference, told)
    return tuple(lines)


def _told(reference: str, told: dict[str, Any]) -> BatchLine:
    if told["status"] == "replayed":
        return BatchLine(reference, UUID(told["id"]), replayed=True)
    return BatchLine(reference, None, error=refusal(told["code"], told["facts"]))


def apply_holds(*operations: PlaceHold | ReleaseHold | ExpireHold, transaction_id: UUID | None = None) -> None:
    """Place, release and expire holds without a posting, all or nothing; repeating any of them is a no-op.

    Raises InsufficientFunds, UnknownAccount, AccountClosed, NotGuarded, HoldUnknown, HoldEnded, ReferenceReused; BadPosting for
    a settlement, which belongs to the posting that takes the money.
    """
    if any(isinstance(operation, SettleHold) for operation in operations):
        raise BadPosting("a hold is settled by the posting that takes its money")
    call("ledger_apply_holds", {"transaction_id": transaction_id, "holds": [hold_request(operation) for operation in operations]})


def advance_checkpoints() -> int:
    """Move the checkpoints of collecting accounts up to the transaction horizon; returns how many moved. Safe at any time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_advance_checkpoints()")
        return int(cursor.fetchone()[0])


def _utc(moment: datetime | None) -> str | None:
    # One spelling per instant, so that repeating a posting gives the same content hash.
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _posting(posting: Posting) -> dict[str, Any]:
    request = {
        "reference": posting.reference,
        "kind": posting.kind,
        "description": posting.description,
        "transaction_id": posting.transaction_id,
        "value_at": _utc(posting.value_at),
        "settled_at": _utc(posting.settled_at),
        "reverses": posting.reverses,
        "forced_kind": posting.forced_kind,
        "metadata": posting.kept_metadata,
        "lines": [_line(line) for line in posting.lines],
    }
    return request | {"adjusts": posting.adjusts} if posting.adjusts else request


def _line(line: Line) -> dict[str, str]:
    return {"account": line.account_code, "debit": str(line.debit_minor), "credit": str(line.credit_minor)}


def hold_request(operation: HoldOp) -> dict[str, Any]:
    """What the database functions take for it."""
    match operation:
        case PlaceHold(reference, account_code, amount, expires_at, transaction_id):
            place: dict[str, Any] = {"op": "place", "reference": reference, "account": account_code, "amount": str(amount)}
            place |= {} if expires_at is None else {"expires_at": _utc(expires_at)}
            return place | ({} if transaction_id is None else {"transaction_id": transaction_id})
        case SettleHold(reference, amount):
            return {"op": "settle", "reference": reference, "amount": str(amount)}
        case ReleaseHold(reference):
            return {"op": "release", "reference": reference}
        case ExpireHold(reference):
            return {"op": "expire", "reference": reference}
