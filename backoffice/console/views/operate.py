"""What operators do with one transfer besides cancelling: have it looked at now, or ask others to decide on evidence."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from approvals.errors import RequestAlreadyPending
from approvals.models import ApprovalRequest
from backoffice.access.rules import operator_of, requires
from backoffice.console.transfers.forms import EvidenceForm, ReasonForm, RecallForm, SpeedUpForm
from backoffice.console.transfers.scope import transfer_of
from backoffice.console.views.transfers import page_of
from transfers.commands import dear_speed_up, payout_recall, verdicts
from transfers.commands import nudge as nudges
from transfers.commands import recall as recalls
from transfers.commands.new_bounds import propose_new_bounds
from transfers.commands.speed_up import gas_room, speed_up, why_not_speed_up
from transfers.commands.verdicts import Verdict
from transfers.errors import Conflict, Refused, Unavailable
from transfers.models import Transfer

_NUDGES: dict[str, tuple[Callable[[UUID, str], Transfer], str]] = {
    "retry": (nudges.retry, "Its step is taken again now."),
    "resume": (nudges.resume, "What stopped it is looked at again now."),
}
_STOPPING = "Its nonce is being used up without paying. The funds stay reserved until that is final."
_BID = "A higher bid is made now."
_NO_PERSON = "Your account belongs to no person, so nobody could tell whether two others decided. Ask an admin."


@requires("transfers.retry_transfer")
@require_POST
def nudge(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Retry, resume. 409 when there is nothing to do so with by now."""
    if name not in _NUDGES:
        raise Http404("no such action")
    return _with_reason(request, transfer_id, *_NUDGES[name])


@requires("transfers.cancel_transfer")
@require_POST
def recall(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Use up the nonce of a payment that is not in a block. 409 when it is too late by now."""
    if name != "recall":
        raise Http404("no such action")
    return _with_reason(request, transfer_id, recalls.recall, _STOPPING)


def _with_reason(request: HttpRequest, transfer_id: UUID, act: Callable[[UUID, str], Transfer], words: str) -> HttpResponse:
    found = transfer_of(operator_of(request), transfer_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page_of(request, transfer_id, error=_first(form), status=422)
    return _press(request, found, lambda: act(found.pk, form.cleaned_data["reason"]), words=words)


@requires("transfers.retry_transfer")
@require_POST
def hurry(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Speed up: at once within what one operator may spend, else asked of an approver. The amount is the whole limit and not an
    addition, so that pressing it twice, or two people at once, spend no more than each of them wrote."""
    if name != "speed_up":
        raise Http404("no such action")
    found = transfer_of(operator_of(request), transfer_id)
    room = gas_room(found)
    if room is None:
        return page_of(request, transfer_id, error=why_not_speed_up(found), status=409)
    form = SpeedUpForm(request.POST, room=room)
    if form.is_valid() and form.cleaned_data["gas"] <= room.alone:
        given = form.cleaned_data
        return _press(request, found, lambda: speed_up(found.pk, given["reason"], gas_amount=given["gas"]), words=_BID)
    words = "Asked. Nothing is bid before an approver other than you allows it: “{0.title}”"
    return _ask(request, found, form, _dear, words=words)


def _dear(transfer_id: UUID, maker: UUID, given: dict[str, Any]) -> ApprovalRequest:
    return dear_speed_up.ask(transfer_id=transfer_id, gas_amount=given["gas"], reason=given["reason"], maker=maker)


@requires("transfers.ask_verdict")
@require_POST
def verdict(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Ask two approvers to declare it lost, paid or not paid. Nothing changes by this page alone."""
    if name not in set(Verdict):
        raise Http404("no such action")

    def ask(transfer_id: UUID, maker: UUID, given: dict[str, Any]) -> ApprovalRequest:
        return verdicts.ask(transfer_id=transfer_id, verdict=Verdict(name), evidence=given["reason"], maker=maker)

    found = transfer_of(operator_of(request), transfer_id)
    return _ask(request, found, EvidenceForm(request.POST), ask, words="Asked. Two approvers other than you decide on “{0.title}”")


@requires("transfers.create_withdrawal")
@require_POST
def new_bounds(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Ask others to approve the price of today. What was approved before counts for nothing from then on."""
    if name != "new_bounds":
        raise Http404("no such action")

    def ask(transfer_id: UUID, maker: UUID, given: dict[str, Any]) -> ApprovalRequest:
        return propose_new_bounds(transfer_id=transfer_id, reason=given["reason"], maker=maker)

    found = transfer_of(operator_of(request), transfer_id)
    return _ask(request, found, ReasonForm(request.POST), ask, words="Asked. Others decide on “{0.title}”")


@requires("transfers.ask_verdict")
@require_POST
def call_back(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Ask somebody else to approve that the bank is asked to send a payout back."""
    if name != "recall_payout":
        raise Http404("no such action")

    def ask(transfer_id: UUID, maker: UUID, given: dict[str, Any]) -> ApprovalRequest:
        return payout_recall.ask(transfer_id=transfer_id, maker=maker, **given)

    found = transfer_of(operator_of(request), transfer_id)
    return _ask(request, found, RecallForm(request.POST), ask, words="Asked. An approver other than you decides on “{0.title}”")


def _ask(
    request: HttpRequest,
    found: Transfer,
    form: ReasonForm,
    ask: Callable[[UUID, UUID, dict[str, Any]], ApprovalRequest],
    *,
    words: str,
) -> HttpResponse:
    """`ask(transfer_id, maker, what the form says)` opens the request; `words` say whose it is now, with its title."""
    person_id = operator_of(request).person_id
    if not form.is_valid():
        return page_of(request, found.pk, error=_first(form), status=422)
    if person_id is None:
        return page_of(request, found.pk, error=_NO_PERSON, status=403)
    return _press(request, found, lambda: ask(found.pk, person_id, form.cleaned_data), words=words)


def _press(request: HttpRequest, found: Transfer, act: Callable[[], object], *, words: str) -> HttpResponse:
    """Back to the page with `words` about what came of it, or with why it was not done."""
    try:
        made = act()
    except RequestAlreadyPending:
        return page_of(request, found.pk, error="Somebody has asked already; the request waits for a decision.", status=409)
    except (Conflict, Refused, Unavailable) as error:
        return page_of(request, found.pk, error=str(error), status=409)
    messages.success(request, words.format(made))
    return redirect("console:transfer", found.pk)


def _first(form: ReasonForm) -> str:
    return str(next(iter(form.errors.values()))[0])
