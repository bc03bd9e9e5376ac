"""What a page that asks something about one piece of unallocated money has in common with the others: where it is found, who asks,
and what is shown beside the form."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from approvals.errors import RequestAlreadyPending
from approvals.models import ApprovalRequest
from approvals.queries.halts import halts_in_force, sentence_of
from backoffice.access.rules import operator_of
from backoffice.console.corrections.flow import NO_PERSON
from transfers.commands.deposits.allocation import ALLOCATE, waiting_arrivals
from transfers.commands.deposits.send_back_payload import ACTION as SEND_BACK
from transfers.errors import Conflict, Refused
from transfers.models import Arrival

_ASKED = "Somebody has asked for this money already; their request waits for a decision."


def arrival_of(arrival_id: UUID) -> Arrival:
    """Raises Http404 for what is somebody's, or was never here."""
    arrival: Arrival | None = waiting_arrivals().filter(pk=arrival_id).first()
    if arrival is None:
        raise Http404("no such unallocated money")
    return arrival


def asking(
    request: HttpRequest,
    template: str,
    arrival: Arrival,
    form: forms.Form,
    ask: Callable[[UUID, dict[str, Any]], str],
    **more: Any,
) -> HttpResponse:
    """The page with its form; once it is asked for, the list. `ask(person, what the form says)` gives what was done, in words."""
    error = ""
    if request.method == "POST" and form.is_valid():
        error = _act(request, form, ask)
        if not error:
            return redirect("console:deposits")
    context = {
        "form": form,
        "arrival": arrival,
        "sender": sender_of(arrival),
        "frozen": frozen([arrival]).get(arrival.pk, ""),
        "error": error,
        "pending": pending_of([arrival]).get(str(arrival.pk)),
        **more,
    }
    return TemplateResponse(request, template, context, status=422 if form.is_bound else 200)


def _act(request: HttpRequest, form: forms.Form, ask: Callable[[UUID, dict[str, Any]], str]) -> str:
    """Empty when it was done, else why not."""
    person_id = operator_of(request).person_id
    if person_id is None:
        return NO_PERSON
    try:
        said = ask(person_id, form.cleaned_data)
    except RequestAlreadyPending:
        return _ASKED
    except (Conflict, Refused) as error:
        return str(error)
    messages.success(request, said)
    return ""


def sender_of(arrival: Arrival) -> str:
    """The number that people compare; empty where the outside does not say."""
    return str(arrival.sender.get("address") or arrival.sender.get("iban") or "")


def frozen(arrivals: list[Arrival]) -> dict[UUID, str]:
    """By arrival, the sentence of the halt that covers the client whose deposit it was to be."""
    halts = {halt.target: sentence_of(halt) for halt in halts_in_force() if halt.scope == halt.Scope.CLIENT}
    return {
        one.pk: halts[one.transfer.client_id] for one in arrivals if one.transfer is not None and one.transfer.client_id in halts
    }


def pending_of(arrivals: list[Arrival]) -> dict[str, ApprovalRequest]:
    rows = ApprovalRequest.objects.filter(
        action__in=(ALLOCATE, SEND_BACK), subject_type="arrival", subject_id__in=[str(one.pk) for one in arrivals], status="pending"
    )
    return {row.subject_id: row for row in rows}
