"""Approvals: the queue, and the page on which one request is decided.

The page is drawn from the request's stored bytes; the form carries their digest, and the vote binds to it. What may not be decided
is still shown, with the reason where the buttons would be.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from approvals import registry
from approvals.errors import (
    AlreadyExecuted,
    AlreadyVoted,
    ApprovalsError,
    Halted,
    NotCarriedOut,
    NotInForce,
    NotPending,
    PayloadTampered,
    RequestExpired,
    StalePayload,
)
from approvals.models import ApprovalRequest
from approvals.queries import RequestView, obstacle_to, view_request
from approvals.registry import DecideInput
from audit import clock
from audit.commands import record_refusal
from backoffice.access.models import Operator
from backoffice.access.queries import roles_held_since
from backoffice.access.rules import operator_of, requires
from backoffice.console.approvals import page
from backoffice.console.approvals.preview import posting_rows
from backoffice.console.approvals.queue import NAMES, destination_number, queues, rows
from backoffice.console.approvals.revisions import changes_of
from backoffice.console.counts import visible_requests
from backoffice.console.forms import VoteForm
from backoffice.console.parts import Tab
from backoffice.console.transfers.reasons import trace_shown
from transfers.commands import move_payload
from transfers.errors import Conflict

_TITLES = {"mine": "Mine to decide", "pending": "All pending", "decided": "Decided in 24 h", "made": "Made by me"}
_PHRASE_LENGTH = 6
# What was true when the page was opened is so no more.
_OUT_OF_DATE = (Conflict, NotPending, StalePayload, RequestExpired, AlreadyVoted, AlreadyExecuted, NotInForce, NotCarriedOut)


@requires("approvals.view_approvalrequest")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, the most urgent first. The fragment tells an open page how many have come since."""
    operator = operator_of(request)
    shown = request.GET.get("show", "mine")
    shown = shown if shown in NAMES else "mine"
    found = queues(operator)
    if request.headers.get("HX-Request"):
        return _news(request, found.named(shown).count(), shown)
    tabs = [Tab(_TITLES[name], f"?show={name}", found.named(name).count(), name == shown) for name in NAMES]
    listed = rows(found.named(shown), operator)
    context = {"rows": listed, "tabs": tabs, "shown": shown, "totals": _totals(listed), "count": found.named(shown).count()}
    return TemplateResponse(request, "approvals/queue.html", context)


def _news(request: HttpRequest, now: int, shown: str) -> HttpResponse:
    """How many more there are than when the page was drawn; the rows themselves never move under the pointer."""
    seen = request.GET.get("seen", "")
    more = now - int(seen) if seen.isdecimal() else 0
    response = TemplateResponse(request, "approvals/_news.html", {"more": more, "shown": shown})
    response["Vary"] = "HX-Request"
    return response


def _totals(listed: list[Any]) -> list[tuple[int, str]]:
    """Sum per asset of what is listed."""
    sums: dict[str, int] = {}
    for row in listed:
        if row.amount is not None:
            sums[row.asset] = sums.get(row.asset, 0) + row.amount
    return [(total, asset) for asset, total in sorted(sums.items())]


@requires("approvals.view_approvalrequest")
@require_safe
def approval(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request with everything needed to decide it."""
    return _page(request, request_id)


@requires("approvals.decide_request")
@require_POST
def decide(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Cast a vote on exactly the bytes that the page showed."""
    operator = operator_of(request)
    found = _visible(operator, request_id)
    form = VoteForm(request.POST, phrase=_phrase_of(found))
    if not form.is_valid():
        return _page(request, request_id, form=form, status=422)
    if operator.person_id is None:
        return _page(request, request_id, error="Your account belongs to no person, so it cannot vote. Ask an admin.", status=403)
    ballot = _ballot(found, operator, form.cleaned_data)
    try:
        outcome = registry.get(found.action).decide(ballot)
    except (ApprovalsError, Conflict) as error:
        _record_refusal(found, operator, error)
        return _page(request, request_id, error=str(error), status=_status_of(error))
    verb = "approved" if ballot.decision == "approve" else "rejected"
    left = outcome.quorum - outcome.collected
    more = f" {left} more approval is needed." if outcome.status == ApprovalRequest.Status.PENDING else ""
    messages.success(request, f"You {verb} it.{more}")
    return redirect("console:approval", request_id)


def _ballot(found: ApprovalRequest, operator: Operator, given: dict[str, Any]) -> DecideInput:
    assert operator.person_id is not None
    return DecideInput(
        request_id=found.id,
        person_id=operator.person_id,
        operator=operator.get_username(),
        roles=roles_held_since(operator),
        decision=given["decision"],
        digest=bytes.fromhex(given["digest"]),
        revision=given["revision"],
        reason=given["reason"],
        page_opened_at=_moment(given["opened_at"]),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _status_of(error: Exception) -> int:
    """409: the page is out of date; 423: stopped by a halt; 403: this person may not."""
    if isinstance(error, _OUT_OF_DATE):
        return 409
    return 423 if isinstance(error, Halted) else 403


def _record_refusal(found: ApprovalRequest, operator: Operator, error: Exception) -> None:
    record_refusal(
        type="console.vote_refused",
        resource_type="approval_request",
        resource_id=str(found.id),
        reason=str(error),
        transaction_id=UUID(found.subject_id) if found.subject_type == "transfer" else None,
        metadata={"operator": operator.get_username(), "error": type(error).__name__},
    )


def _visible(operator: Operator, request_id: UUID) -> ApprovalRequest:
    found = visible_requests(operator).filter(pk=request_id).first()
    if found is None:
        raise Http404("no such request")
    return found


def _phrase_of(found: ApprovalRequest) -> str:
    """What must be typed to approve: the end of the destination, or of the digest where nothing has a destination."""
    try:
        view = view_request(found.id)
    except PayloadTampered:
        return ""
    return phrase(view)


def phrase(view: RequestView) -> str:
    number = destination_number(view.payload.get("destination", {}))
    return (number or bytes(view.request.digest).hex())[-_PHRASE_LENGTH:]


def _page(
    request: HttpRequest, request_id: UUID, *, form: VoteForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    operator = operator_of(request)
    found = _visible(operator, request_id)
    try:
        view = view_request(found.id)
    except PayloadTampered as tampered:
        return TemplateResponse(request, "approvals/tampered.html", {"request_row": found, "error": tampered}, status=409)
    obstacle = obstacle_to(found, person_id=operator.person_id, roles=roles_held_since(operator))
    if not obstacle and not operator.has_perm(registry.get(found.action).check_permission):
        obstacle = "Your roles do not include deciding requests."
    context = {
        "view": view,
        "heading": page.heading(view),
        "facts": page.lines(view.facts),
        "request_row": found,
        "deciders": page.deciders(view, obstacle),
        "obstacle": obstacle,
        "phrase": phrase(view),
        "digest_hex": bytes(found.digest).hex(),
        "opened_at": clock.now().isoformat(),
        "form": form,
        "error": error,
        "decision": found.policy_decision,
        "trace": trace_shown(found.policy_decision),
    }
    more = _MORE.get(found.action)
    if more is not None:
        context |= more(view)
    return TemplateResponse(request, "approvals/approval.html", context, status=status)


_MORE: dict[str, Callable[[RequestView], dict[str, Any]]] = {
    page.RELEASE: lambda view: page.release_context(view) | {"postings": posting_rows(view.payload), "changes": changes_of(view)},
    page.CORRECT: page.correction_context,
    page.PERIOD: page.period_context,
    move_payload.ACTION: page.move_context,
}
