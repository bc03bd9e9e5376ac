"""What a client tried and was refused, on the trail in one place: whatever no command and no key has told by then."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.core.cache import cache
from django.db import DatabaseError
from rest_framework.request import Request

from audit.commands import record_refusal
from audit.queries import refusal_is_kept
from transfers.api.authentication import Caller
from transfers.api.problems import Problem
from transfers.vocabulary import API_REFUSED

log = structlog.get_logger(__name__)
MOST_FIELDS = 20
_LONGEST_PATH = 300
_READS = ("GET", "HEAD")
# Told by the door, once a minute; and a request that runs still tells of itself.
_TOLD_ELSEWHERE = ("invalid_api_key", "idempotency_in_progress")
_TOO_MANY, _ONCE_PER_S = 429, 60


def note_refused(request: Request, caller: Caller, problem: Problem, where: Mapping[str, Any]) -> None:
    """Record that a change was refused with `problem`; `where` is what the address names. Of requests beyond the key's rate one a
    minute is recorded. Call it when the work is rolled back."""
    if request.method in _READS or problem.code in _TOLD_ELSEWHERE or not (400 <= problem.status < 500 or problem.status == 503):
        return
    if problem.status == _TOO_MANY and not cache.add(f"refused-for-its-rate:{caller.key_id}", 1, _ONCE_PER_S):
        return
    try:
        if not refusal_is_kept():
            _record(request, caller, problem, where)
    except DatabaseError:
        # The client is told what it was going to be told: nothing was done.
        log.exception("refused attempt not recorded", path=request.path, code=problem.code)


def _record(request: Request, caller: Caller, problem: Problem, where: Mapping[str, Any]) -> None:
    transfer_id = _id(where.get("transaction_id")) if problem.status != 404 else None
    record_refusal(
        type=API_REFUSED,
        resource_type="transfer" if transfer_id else "client",
        resource_id=str(transfer_id or caller.client_id),
        reason=f"{problem.code}: {problem.detail}",
        metadata={
            "endpoint": f"{request.method} {request.path}"[:_LONGEST_PATH],
            "status": problem.status,
            "fields": dict(list(problem.errors.items())[:MOST_FIELDS]),
        },
        transaction_id=transfer_id,
    )


def _id(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
