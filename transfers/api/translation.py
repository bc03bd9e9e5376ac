"""From an exception of any floor to the problem that the client reads. One table, so that two endpoints never answer differently.

Anything that is not listed is our own fault: 500, logged, and not one word about it to the client.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions as rest

from approvals.errors import DestinationInvalid, Halted, LimitExceeded, PolicyMissing
from ledger.errors import InsufficientFunds
from transfers.api.problems import INTERNAL_ERROR, Problem, ProblemRaised
from transfers.errors import Conflict, NotFound, Refused, Unavailable

RETRY_AFTER_S = 5
UNAVAILABLE = Problem(
    503,
    "temporarily_unavailable",
    "Nothing was done. Send the same request with the same Idempotency-Key again in a moment.",
    headers={"Retry-After": str(RETRY_AFTER_S)},
)
INTERNAL = Problem(
    500, INTERNAL_ERROR, "Nothing about this answer was stored. Send the same request again; tell us the request_id if it persists."
)


def problem_for(error: Exception) -> Problem:
    """The problem of an exception; INTERNAL for one that nobody foresaw."""
    for kind, build in _TABLE:
        if isinstance(error, kind):
            return build(error)
    return INTERNAL


def _destination(error: DestinationInvalid) -> Problem:
    fields = {f"destination.{name}": [sentence] for name, sentence in error.errors.items()}
    return Problem(422, "invalid_destination", "The destination cannot be used as given.", fields)


def _refused(error: Refused) -> Problem:
    return Problem(422, error.code, error.detail, {name: [sentence] for name, sentence in error.fields.items()})


def _throttled(error: rest.Throttled) -> Problem:
    wait = max(1, math.ceil(getattr(error, "wait", None) or 1))
    detail = f"This key sends more requests than it may. Wait {wait} s."
    return Problem(429, "rate_limited", detail, headers={"Retry-After": str(wait)})


def _validation(error: rest.ValidationError) -> Problem:
    return Problem(422, "invalid_request", "Some fields are not acceptable; see errors.", flatten(error.detail))


def _unauthenticated(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, headers={"WWW-Authenticate": 'Bearer realm="countersign"'})


def _rest(error: rest.APIException) -> Problem:
    return Problem(error.status_code, str(error.default_code), str(error.detail))


def flatten(detail: Any, prefix: str = "") -> dict[str, Sequence[str]]:
    """DRF's nested error detail as dotted field names."""
    if isinstance(detail, Mapping):
        found: dict[str, Sequence[str]] = {}
        for name, inner in detail.items():
            found |= flatten(inner, f"{prefix}.{name}" if prefix else str(name))
        return found
    if isinstance(detail, list):
        return {prefix: [str(sentence) for sentence in detail]}
    return {prefix: [str(detail)]}


_NOT_FOUND = Problem(404, "not_found", "There is nothing of yours here.")
_KEY_REQUIRED = "Send your API key as `Authorization: Bearer csk_...`."
_TABLE: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (ProblemRaised, lambda error: error.problem),
    (NotFound, lambda _: _NOT_FOUND),
    (Refused, _refused),
    (DestinationInvalid, _destination),
    (Halted, lambda error: Problem(422, error.code, error.sentence)),
    (LimitExceeded, lambda error: Problem(422, "limit_exceeded", f"It would exceed your limit: {error.limit}.")),
    (PolicyMissing, lambda _: Problem(422, "policy_denied", "Nothing is allowed at present.")),
    (
        InsufficientFunds,
        lambda _: Problem(422, "insufficient_funds", "Your available balance does not cover the amount and its fees."),
    ),
    (Conflict, lambda error: Problem(409, "conflict", str(error) or "The transfer has moved on; read it again.")),
    (Unavailable, lambda _: UNAVAILABLE),
    (OperationalError, lambda _: UNAVAILABLE),
    (InterfaceError, lambda _: UNAVAILABLE),
    (Http404, lambda _: _NOT_FOUND),
    (rest.NotFound, lambda _: _NOT_FOUND),
    (RequestDataTooBig, lambda _: Problem(413, "payload_too_large", "The body is larger than any request here can be.")),
    (rest.NotAuthenticated, lambda _: _unauthenticated("authentication_required", _KEY_REQUIRED)),
    (rest.AuthenticationFailed, lambda error: _unauthenticated("invalid_api_key", str(error.detail))),
    (rest.PermissionDenied, lambda error: Problem(403, "scope_missing", str(error.detail))),
    (PermissionDenied, lambda _: Problem(403, "forbidden", "You may not use this.")),
    (rest.ValidationError, _validation),
    (rest.ParseError, lambda error: Problem(400, "malformed_json", str(error.detail))),
    (rest.UnsupportedMediaType, lambda _: Problem(415, "unsupported_media_type", "Send `Content-Type: application/json`.")),
    (rest.Throttled, _throttled),
    (rest.APIException, _rest),
)
