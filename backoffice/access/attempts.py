"""What an operator tried and was refused, on the trail in one place: whichever view answered so, and for whatever reason.

Where a view records its refusals itself, with more to say, nothing is added. The words are those that the operator reads: `error`
in the template's context, else what its forms complain of. What was filled in is not kept: it may be a secret.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import structlog
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.forms import BaseForm
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from audit.commands import record_refusal
from audit.queries import refusal_is_kept
from backoffice.access.models import Operator

log = structlog.get_logger(__name__)
REFUSED = "console.refused"
_READS = ("GET", "HEAD", "OPTIONS", "TRACE")
_NO_SUCH_METHOD, _UNAVAILABLE = 405, 503
_LONGEST = 500
# What the addresses of the console name.
_KINDS = {
    "transfer_id": "transfer",
    "request_id": "approval_request",
    "order_id": "bulk_order",
    "upload_id": "bulk_upload",
    "arrival_id": "arrival",
    "alert_id": "alert",
    "halt_id": "halt",
    "break_id": "break",
    "snapshot_id": "snapshot",
    "endpoint_id": "webhook_endpoint",
    "delivery_id": "webhook_delivery",
    "address_id": "deposit_address",
}
_IN_GENERAL = {
    403: "not allowed",
    404: "there is nothing here, or nothing that they may see",
    422: "what was filled in is not acceptable",
}


def refused_because(request: HttpRequest, words: str) -> None:
    """For a view that refuses and answers as if it had not: with a redirect, and words on the next page."""
    request.refused_because = words  # type: ignore[attr-defined]


class RefusedAttempts:
    """Stands inside the middleware that says who acts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method not in _READS and isinstance(request.user, Operator) and _is_refused(request, response.status_code):
            _note(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, (PermissionDenied, Http404)):
            refused_because(request, str(exception))


def _is_refused(request: HttpRequest, status: int) -> bool:
    if status == _NO_SUCH_METHOD:
        return False
    return hasattr(request, "refused_because") or 400 <= status < 500 or status == _UNAVAILABLE


def _note(request: HttpRequest, response: HttpResponseBase) -> None:
    try:
        if not refusal_is_kept():
            _record(request, response)
    except DatabaseError:
        # They are told what they were going to be told: nothing was done.
        log.exception("refused attempt not recorded", path=request.path)


def _record(request: HttpRequest, response: HttpResponseBase) -> None:
    match = request.resolver_match
    view = match.view_name if match else ""
    kind, name = _about(match.kwargs if match else {}) or ("page", view or request.path)
    fields = dict(_complaints(response))
    record_refusal(
        type=REFUSED,
        resource_type=kind,
        resource_id=name,
        reason=_why(request, response, fields),
        metadata={"view": view, "method": request.method, "path": request.path, "status": response.status_code, "fields": fields},
        transaction_id=UUID(name) if kind == "transfer" and response.status_code != 404 else None,
    )


def _about(named: dict[str, Any]) -> tuple[str, str] | None:
    return next(((_KINDS[key], str(value)) for key, value in named.items() if key in _KINDS and isinstance(value, UUID)), None)


def _why(request: HttpRequest, response: HttpResponseBase, fields: dict[str, str]) -> str:
    told = getattr(request, "refused_because", "") or str(_shown(response).get("error") or "")
    complaint = "; ".join(f"{name}: {words}" if name != "__all__" else words for name, words in fields.items())
    status = response.status_code
    return (told or complaint or _IN_GENERAL.get(status, f"answered {status}"))[:_LONGEST]


def _complaints(response: HttpResponseBase) -> Iterator[tuple[str, str]]:
    """By field, what the forms of the page complain of."""
    for form in _shown(response).values():
        if isinstance(form, BaseForm) and form.is_bound:
            for name, errors in form.errors.items():
                yield name, " ".join(str(error) for error in errors)[:_LONGEST]


def _shown(response: HttpResponseBase) -> dict[str, Any]:
    """What the template was given."""
    return getattr(response, "context_data", None) or {}
