"""What endpoints under an Idempotency-Key answer alike: refusals that are kept, what was or is made, and what is stopped."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from audit.commands import record, record_refusal
from audit.envelope import as_json
from transfers.api.base import ApiView
from transfers.api.idempotency import Answer, Attempt, answer_once
from transfers.api.problems import CONTENT_TYPE, Problem, ProblemRaised
from transfers.api.requests import CancelTransfer
from transfers.api.responses import write_transfer
from transfers.api.translation import problem_for
from transfers.errors import Conflict, Stopped
from transfers.vocabulary import TRANSFER_REFUSED

_MOST_FIELDS = 20
# What is said on record of an order that was stopped.
_ASKED = ("source_currency", "target_currency", "currency", "amount", "corridor", "reference")


def answered(
    view: ApiView,
    attempt: Attempt,
    *,
    work: Callable[[UUID], Any],
    commands_tell: bool,
    written: Callable[[Any], dict[str, Any]] = write_transfer,
) -> Answer:
    """As `answer_once` gives it. Of what is stopped nothing is kept but that it was refused, recorded once all else is undone: the
    same request may go through when the stop is lifted. Where `commands_tell`, commands record their other refusals."""
    try:
        return answer_once(attempt, work=work, refusal=partial(_refusal, view, commands_tell=commands_tell), written=written)
    except Stopped as stop:
        asked = {name: attempt.body[name] for name in _ASKED if isinstance(attempt.body.get(name), str)}
        record_refusal(
            type=TRANSFER_REFUSED,
            resource_type="client",
            resource_id=attempt.client_id,
            reason=f"{stop.code}: {stop.detail}",
            metadata={**asked, "idempotency_key": attempt.key, "endpoint": attempt.endpoint},
        )
        raise


def _refusal(view: ApiView, error: Exception, *, commands_tell: bool) -> dict[str, Any] | None:
    """The body that is kept under the key for a permanent refusal, beside its audit event; None for any other error. Where
    `commands_tell`, only what never reached a command is told here."""
    problem = problem_for(error)
    if problem.status != 422 or isinstance(error, Stopped):
        return None
    if not commands_tell or isinstance(error, ValidationError):
        record(
            type=TRANSFER_REFUSED,
            resource_type="client",
            resource_id=view.caller.client_id,
            outcome="refused",
            reason=f"{problem.code}: {problem.detail}",
            metadata={"fields": dict(list(problem.errors.items())[:_MOST_FIELDS])},
        )
    return problem.body(path=view.request.path, request_id=getattr(view.request, "request_id", ""))


def given(answer: Answer, location: str) -> HttpResponse:
    """The answer as it goes out, written as it is kept; `location` is empty where nothing was made."""
    headers = {"Idempotent-Replayed": "true"} if answer.is_replay else {}
    if location:
        headers["Location"] = location
    content_type = CONTENT_TYPE if answer.status >= 400 else "application/json"
    return HttpResponse(as_json(answer.body), status=answer.status, headers=headers, content_type=content_type)


def stop(request: Request, what: UUID, cancel: Callable[[UUID, str], object]) -> None:
    """Cancel with the reason in the body. Raises ProblemRaised (409) when it is too late."""
    body = CancelTransfer(data=request.data)
    body.is_valid(raise_exception=True)
    try:
        cancel(what, body.validated_data["reason"])
    except Conflict as error:
        raise ProblemRaised(Problem(409, "not_cancellable", str(error))) from error
