"""What operators do with one transfer besides cancelling: have it looked at now, or ask others to decide on evidence."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from approvals.errors import RequestAlreadyPending
from backoffice.access.rules import operator_of, requires
from backoffice.console.transfers.forms import EvidenceForm, ReasonForm, RecallForm
from backoffice.console.transfers.scope import transfer_of
from backoffice.console.views.transfers import page_of
from transfers.commands import nudge as nudges
from transfers.commands import payout_recall, verdicts
from transfers.commands.new_bounds import propose_new_bounds
from transfers.commands.recall import recall
from transfers.commands.speed_up import speed_up
from transfers.commands.verdicts import Verdict
from transfers.errors import Conflict, Refused, Unavailable
from transfers.models import Transfer

_NUDGES: dict[str, tuple[Callable[[UUID, str], Transfer], str]] = {
    "retry": (nudges.retry, "Its step is taken again now."),
    "resume": (nudges.resume, "What stopped it is looked at again now."),
    "speed_up": (speed_up, "A higher bid is made now."),
    "recall": (recall, "Its nonce is being used up without paying. The funds stay reserved until that is final."),
}
_NO_PERSON = "Your account belongs to no person, so nobody could tell whether two others decided. Ask an admin."


@requires("transfers.retry_transfer")
@require_POST
def nudge(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Retry, resume, speed up, recall. 409 when there is nothing to do so with by now."""
    if name not in _NUDGES:
        raise Http404("no such action")
    found = transfer_of(operator_of(request), transfer_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page_of(request, transfer_id, error=_first(form), status=422)
    act, done = _NUDGES[name]
    if name == "speed_up" and (shown := request.POST.get("gas", "")).isdecimal():
        # What the page showed, so that pressing it twice, or two people at once, spend no more than each of them read.
        act = partial(speed_up, gas_amount=int(shown))
    try:
        act(found.pk, form.cleaned_data["reason"])
    except (Conflict, Refused, Unavailable) as error:
        return page_of(request, transfer_id, error=str(error), status=409)
    messages.success(request, done)
    return redirect("console:transfer", transfer_id)


@requires("transfers.ask_verdict")
@require_POST
def verdict(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Ask two approvers to declare it lost, paid or not paid. Nothing changes by this page alone."""
    if name not in set(Verdict):
        raise Http404("no such action")
    operator = operator_of(request)
    found = transfer_of(operator, transfer_id)
    form = EvidenceForm(request.POST)
    if not form.is_valid():
        return page_of(request, transfer_id, error=_first(form), status=422)
    if operator.person_id is None:
        return page_of(request, transfer_id, error=_NO_PERSON, status=403)
    try:
        asked = verdicts.ask(
            transfer_id=found.pk, verdict=Verdict(name), evidence=form.cleaned_data["reason"], maker=operator.person_id
        )
    except RequestAlreadyPending:
        return page_of(request, transfer_id, error="Somebody has asked already; the request waits for approvers.", status=409)
    except (Conflict, Refused) as error:
        return page_of(request, transfer_id, error=str(error), status=409)
    messages.success(request, f"Asked. Two approvers other than you decide on “{asked.title}”")
    return redirect("console:transfer", transfer_id)


@requires("transfers.create_withdrawal")
@require_POST
def new_bounds(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Ask others to approve the price of today. What was approved before counts for nothing from then on."""
    if name != "new_bounds":
        raise Http404("no such action")
    operator = operator_of(request)
    found = transfer_of(operator, transfer_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page_of(request, transfer_id, error=_first(form), status=422)
    if operator.person_id is None:
        return page_of(request, transfer_id, error=_NO_PERSON, status=403)
    try:
        asked = propose_new_bounds(transfer_id=found.pk, reason=form.cleaned_data["reason"], maker=operator.person_id)
    except Conflict as error:
        return page_of(request, transfer_id, error=str(error), status=409)
    messages.success(request, f"Asked. Others decide on “{asked.title}”")
    return redirect("console:transfer", transfer_id)


@requires("transfers.ask_verdict")
@require_POST
def call_back(request: HttpRequest, transfer_id: UUID, name: str) -> HttpResponse:
    """Ask somebody else to approve that the bank is asked to send a payout back."""
    if name != "recall_payout":
        raise Http404("no such action")
    operator = operator_of(request)
    found = transfer_of(operator, transfer_id)
    form = RecallForm(request.POST)
    if not form.is_valid():
        return page_of(request, transfer_id, error=_first(form), status=422)
    if operator.person_id is None:
        return page_of(request, transfer_id, error=_NO_PERSON, status=403)
    try:
        asked = payout_recall.ask(transfer_id=found.pk, maker=operator.person_id, **form.cleaned_data)
    except RequestAlreadyPending:
        return page_of(request, transfer_id, error="Somebody has asked already; the request waits for an approver.", status=409)
    except (Conflict, Refused) as error:
        return page_of(request, transfer_id, error=str(error), status=409)
    messages.success(request, f"Asked. An approver other than you decides on “{asked.title}”")
    return redirect("console:transfer", transfer_id)


def _first(form: ReasonForm) -> str:
    return str(next(iter(form.errors.values()))[0])
