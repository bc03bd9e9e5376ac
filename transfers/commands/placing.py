"""Writing an accepted order: one call of one database function, which looks at halts, limits and funds under their locks and writes
the decision, the transfer, its event, its audit records and its hold, or nothing.

Called outside of a transaction it is one by itself. Then it may also take the idempotency key and keep the answer under it.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Model

from approvals.commands.halts import halted_by
from approvals.commands.limits import counting, refused_by
from approvals.commands.policy import told
from approvals.errors import LimitExceeded
from approvals.models import Halt, PolicyDecision
from audit.commands import described
from audit.identity import new_id
from ledger import chart
from ledger.commands import PlaceHold, hold_request
from ledger.errors import AccountClosed, InsufficientFunds, UnknownAccount
from ledger.gateway import answer_of
from transfers.commands import gates, moves, stopped
from transfers.commands.orders import Understood
from transfers.crashpoints import crashpoint
from transfers.errors import Refused, Stopped
from transfers.models import Transfer
from transfers.states import Status

MADE = 201


class Placed(StrEnum):
    MADE = "made"
    # Another request has the key at this moment; the key was taken before.
    IN_PROGRESS = "in_progress"
    KNOWN = "known"
    # What the order was judged by has changed since it was read.
    STALE = "stale"
    # Whoever orders may not, or has no rate left.
    NOT_ADMITTED = "not_admitted"


_NOT_ADMITTED = "TR001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The idempotency key that an order wants to take, and how the transfer that it makes is answered under it. `door` is who
    orders, where judging that is left to the statement that writes."""

    client_id: str
    key: str
    endpoint: str
    request_hash: bytes
    written: Callable[[Transfer], dict[str, Any]]
    door: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A transfer with the answer that is kept under its key, and what it was judged by."""

    transfer: Transfer
    claim: Claim
    body: dict[str, Any]
    judged_by: Understood


def lock_name(client_id: str, key: str) -> str:
    """What the advisory lock of a key is named by: whoever has it is the one request that runs under the key."""
    return f"transfers_idempotencykey/{client_id}/{key}"


def place(transfer: Transfer, decision: PolicyDecision, *, data: Mapping[str, Any], answered: Answered | None = None) -> Placed:
    """Write `transfer` with `decision` and the first event, which tells `data`; `answered` takes the key,
    and needs what the order was judged by to be still so. Anything but MADE wrote nothing, and is only said where it is given.

    Raises Refused: a halt's code, limit_exceeded, insufficient_funds, invalid_quote (another order named the quote first).
    """
    request = _request(transfer, decision, dict(data)) | (_answering(answered) if answered else {})
    crashpoint("create.before_commit")
    try:
        # Alone it is its own transaction; inside one, what the database refuses must not spoil it.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            answer = _called(request, transfer)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) == _NOT_ADMITTED:
            return Placed.NOT_ADMITTED
        raise
    if answer["status"] == "halted":
        halted = halted_by(Halt.objects.get(pk=answer["halt"]))
        raise Stopped(halted.code, halted.sentence) from halted
    if refusal := refused_by(answer, str(transfer.id)):
        raise gates.over_limit(refusal, transfer) if isinstance(refusal, LimitExceeded) else refusal
    return Placed(answer["status"])


def _called(request: dict[str, Any], transfer: Transfer) -> dict[str, Any]:
    try:
        answer = answer_of("transfers_create", request)
    except InsufficientFunds as error:
        raise gates.unfunded(error, transfer) from error
    except (UnknownAccount, AccountClosed) as error:
        raise gates.without_balance(transfer) from error
    except IntegrityError as error:
        if "named_quote" in str(error):
            raise Refused("invalid_quote", "The quote was used for another transfer already; ask for a new one.") from error
        raise
    return answer


def _request(transfer: Transfer, decision: PolicyDecision, data: dict[str, Any]) -> dict[str, Any]:
    kind = moves.MOVED[Status.CREATED]
    account = chart.client_account_code(transfer.client_id, transfer.source_asset_id)
    return {
        "halts": stopped.touched_by(transfer),
        "limits": counting(
            client_id=transfer.client_id,
            corridor_id=transfer.corridor_id or "",
            asset_id=transfer.source_asset_id,
            amount=transfer.source_amount,
            subject_id=str(transfer.id),
        ),
        "decision": _row(decision),
        "transfer": _row(transfer),
        "event": moves.event_of(transfer, kind, source="", data={}, written={}),
        "decided": described(**told(decision)),
        "created": described(**moves.audit_of(transfer, kind, source="", data=data)),
        "hold": hold_request(PlaceHold(transfer.hold_reference, account, transfer.max_total_debit)),
    }


def _answering(answered: Answered) -> dict[str, Any]:
    claim, judged_by = answered.claim, answered.judged_by
    seen = {"client": judged_by.client.pk, "fingerprint": judged_by.wanted.fingerprint, "rows": judged_by.seen}
    return {"key": _key(claim, answered.body), "seen": seen, "door": claim.door}


def _key(claim: Claim, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "lock": lock_name(claim.client_id, claim.key),
        "client_id": claim.client_id,
        "key": claim.key,
        "endpoint": claim.endpoint,
        "request_hash": claim.request_hash.hex(),
        "response_status": MADE,
        "response_body": body,
    }


def _row(row: Model) -> dict[str, Any]:
    """Every column of a row that is not saved yet. Times keep their microseconds, which JSON encoders like to cut."""
    values = vars(row)
    return {
        column: value.isoformat() if isinstance(value := values[name], datetime) else value for column, name in _columns(type(row))
    }


@lru_cache(maxsize=8)
def _columns(model: type[Model]) -> tuple[tuple[str, str], ...]:
    return tuple((str(field.column), field.attname) for field in model._meta.concrete_fields)  # noqa: SLF001 - public by its documentation
