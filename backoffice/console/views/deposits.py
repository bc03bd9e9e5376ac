"""Money that arrived and is nobody's yet, and asking that it become a client's. Others decide."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from approvals.errors import RequestAlreadyPending
from approvals.models import ApprovalRequest
from backoffice.access.rules import operator_of, requires
from backoffice.console.corrections.flow import NO_PERSON
from backoffice.console.transfers.scope import visible_clients
from transfers.commands.deposits.allocation import ALLOCATE, request_allocation, sent_back, waiting_arrivals
from transfers.commands.deposits.send_back_payload import ACTION as SEND_BACK
from transfers.commands.house import HOUSE
from transfers.errors import Conflict, Refused
from transfers.models import Arrival

_MOST, _MOST_GONE = 200, 20


class AllocationForm(forms.Form):
    client = forms.ChoiceField(label="Client", error_messages={"required": "Choose whose money it is."})
    reason = forms.CharField(
        label="How you know",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the payer or the client sent you, and where it is kept. The approver reads it.",
    )

    def __init__(self, *args: Any, clients: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client"].choices = [("", "Choose a client"), *clients]  # type: ignore[attr-defined]


@requires("reconciliation.view_break")
@require_safe
def deposits(request: HttpRequest) -> HttpResponse:
    """Everything unallocated, oldest first, with the request that waits for it; below it what goes back, newest first."""
    arrivals = list(waiting_arrivals()[:_MOST])
    pending = pending_of(arrivals)
    rows = [(arrival, sender_of(arrival), pending.get(str(arrival.pk))) for arrival in arrivals]
    may_ask = operator_of(request).has_perm("ledger.request_correction")
    context = {"rows": rows, "may_ask": may_ask, "most": _MOST, "gone": sent_back(_MOST_GONE)}
    return render(request, "transfers/deposits.html", context)


@requires("ledger.request_correction")
@require_http_methods(["GET", "POST"])
def allocate(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Ask that one arrival be a client's."""
    operator = operator_of(request)
    arrival = waiting_arrivals().filter(pk=arrival_id).first()
    if arrival is None:
        raise Http404("no such unallocated money")
    clients = [(client.pk, client.name) for client in visible_clients(operator).exclude(pk=HOUSE).order_by("name")]
    form = AllocationForm(request.POST or None, clients=clients)
    error = ""
    if request.method == "POST" and form.is_valid():
        error = NO_PERSON if operator.person_id is None else _ask(request, arrival, form.cleaned_data, operator.person_id)
        if not error:
            return redirect("console:deposits")
    context = {
        "form": form,
        "arrival": arrival,
        "sender": sender_of(arrival),
        "error": error,
        "pending": pending_of([arrival]).get(str(arrival.pk)),
    }
    return render(request, "transfers/deposit_allocate.html", context, status=422 if form.is_bound else 200)


def _ask(request: HttpRequest, arrival: Arrival, given: dict[str, str], maker: UUID) -> str:
    """Empty when it was asked for, else why not."""
    try:
        asked = request_allocation(arrival_id=arrival.pk, client_id=given["client"], reason=given["reason"], maker=maker)
    except RequestAlreadyPending:
        return "Somebody has asked for it already; their request waits for a decision."
    except (Conflict, Refused) as error:
        return str(error)
    messages.success(request, f"Asked: {asked.title}. Nothing is credited until it is approved.")
    return ""


def sender_of(arrival: Arrival) -> str:
    """The number that people compare; empty where the outside does not say."""
    return str(arrival.sender.get("address") or arrival.sender.get("iban") or "")


def pending_of(arrivals: list[Arrival]) -> dict[str, ApprovalRequest]:
    rows = ApprovalRequest.objects.filter(
        action__in=(ALLOCATE, SEND_BACK), subject_type="arrival", subject_id__in=[str(one.pk) for one in arrivals], status="pending"
    )
    return {row.subject_id: row for row in rows}
