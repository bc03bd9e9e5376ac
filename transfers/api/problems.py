"""Errors as clients see them: RFC 9457 problem details with a stable `code`, whatever went wrong and wherever."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, JsonResponse

CONTENT_TYPE = "application/problem+json"
INTERNAL_ERROR = "internal_error"

_TITLES = {
    "account_frozen": "The account is frozen",
    "approval_expired": "The approval has expired",
    "approval_rejected": "The approval was refused",
    "authentication_required": "An API key is required",
    "conflict": "The transfer has moved on",
    "corridor_halted": "The corridor is halted",
    "idempotency_in_progress": "The first request is still running",
    "idempotency_key_invalid": "The Idempotency-Key is not usable",
    "idempotency_key_missing": "The Idempotency-Key is missing",
    "idempotency_key_reused": "The Idempotency-Key was used for something else",
    "idempotency_response_dropped": "The stored answer is no longer kept",
    "insufficient_funds": "The balance does not cover it",
    INTERNAL_ERROR: "Something broke on our side",
    "invalid_api_key": "The API key is not accepted",
    "invalid_cursor": "The cursor is not one of ours",
    "invalid_destination": "The destination is not usable",
    "invalid_parameter": "A query parameter is wrong",
    "invalid_request": "The request is not valid",
    "invalid_webhook_url": "The address cannot be called",
    "limit_exceeded": "A limit is exceeded",
    "malformed_json": "The body is not acceptable JSON",
    "method_not_allowed": "The method is not allowed here",
    "not_cancellable": "The transfer can no longer be cancelled",
    "not_found": "Not found",
    "payload_too_large": "The body is too large",
    "policy_denied": "Policy does not allow it",
    "quote_expired": "The quote has expired",
    "rate_limited": "Too many requests",
    "receipt_not_found": "There is no receipt yet",
    "scope_missing": "The API key lacks the scope",
    "signature_invalid": "The signature is not valid",
    "system_halted": "The system is halted",
    "temporarily_unavailable": "Temporarily unavailable",
    "too_many_secrets": "Several secrets are in force already",
    "too_many_webhooks": "No more webhooks can be registered",
    "unsupported_currency": "The currency is not supported here",
    "unsupported_media_type": "The media type is not supported",
    "webhook_exists": "The address is registered already",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal or failure. `errors` maps a field, dotted where it is nested, to sentences about it."""

    status: int
    code: str
    detail: str
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, *, path: str, request_id: str) -> dict[str, Any]:
        """The JSON document. `type` is a name, not an address: nothing has to be fetched to understand it."""
        return {
            "type": f"urn:countersign:problem:{self.code}",
            "title": _TITLES.get(self.code) or re.sub(r"_+", " ", self.code).strip().capitalize(),
            "status": self.status,
            "detail": self.detail,
            "instance": path,
            "code": self.code,
            "errors": {name: list(sentences) for name, sentences in self.errors.items()},
            "request_id": request_id,
        }


class ProblemRaised(Exception):
    """Carries a problem out of code that is not the view itself."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem


def respond(request: HttpRequest, problem: Problem) -> JsonResponse:
    """The problem as a response of plain Django, for what fails outside a REST view."""
    body = problem.body(path=request.path, request_id=getattr(request, "request_id", ""))
    return JsonResponse(body, status=problem.status, content_type=CONTENT_TYPE, headers=dict(problem.headers))
