"""Asking that unallocated money go back to where it came from. Others decide."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from approvals.errors import RequestAlreadyPending
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.corrections.flow import NO_PERSON
from backoffice.console.send_back_forms import StatedForm, ToDebtorForm
from backoffice.console.views.deposits import pending_of, sender_of
from ledger.queries import unit
from transfers.commands.deposits.allocation import waiting_arrivals
from transfers.commands.deposits.send_back import debtor_of, request_to_debtor
from transfers.commands.deposits.stated import counting, state_address
from transfers.errors import Conflict, Refused
from transfers.models import Arrival, StatedAddress

_ASKED = "Somebody has asked for this money already; their request waits for a decision."


@requires("ledger.request_correction")
@require_http_methods(["GET", "POST"])
def send_back(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """A bank's goes to the debtor's account; for a chain's, this person states the address."""
    operator = operator_of(request)
    arrival = waiting_arrivals().filter(pk=arrival_id).first()
    if arrival is None:
        raise Http404("no such unallocated money")
    stated = counting(arrival) if arrival.rail == "evm" else []
    form = _form(request, arrival, operator, stated)
    error = ""
    if request.method == "POST" and form.is_valid():
        error = _act(request, arrival, operator, form.cleaned_data)
        if not error:
            return redirect("console:deposits")
    context = {
        "form": form,
        "arrival": arrival,
        "sender": sender_of(arrival),
        "error": error,
        "pending": pending_of([arrival]).get(str(arrival.pk)),
        "mine": next((one for one in stated if one.person_id == operator.person_id), None),
        "others": [one.person.name for one in stated if one.person_id != operator.person_id],
        "kept": stated[0].fee if stated else None,
        **_debtor(arrival),
    }
    return render(request, "transfers/deposit_send_back.html", context, status=422 if form.is_bound else 200)


def _form(request: HttpRequest, arrival: Arrival, operator: Operator, stated: list[StatedAddress]) -> forms.Form:
    given, asset = request.POST or None, unit(arrival.asset_id)
    if arrival.rail != "evm":
        return ToDebtorForm(given, asset=asset)
    return StatedForm(given, asset=asset, is_second=any(one.person_id != operator.person_id for one in stated))


def _debtor(arrival: Arrival) -> dict[str, Any]:
    if arrival.rail == "evm":
        return {}
    try:
        found = debtor_of(arrival)
    except Refused as refused:
        return {"no_debtor": refused.detail}
    return {"debtor": found, "debtor_account": found.get("iban") or found.get("clabe")}


def _act(request: HttpRequest, arrival: Arrival, operator: Operator, given: dict[str, Any]) -> str:
    """Empty when it was done, else why not."""
    if operator.person_id is None:
        return NO_PERSON
    try:
        said = _ask(arrival, operator.person_id, given)
    except RequestAlreadyPending:
        return _ASKED
    except (Conflict, Refused) as error:
        return str(error)
    messages.success(request, said)
    return ""


def _ask(arrival: Arrival, person_id: UUID, given: dict[str, Any]) -> str:
    """What was done, in words."""
    if arrival.rail != "evm":
        asked = request_to_debtor(arrival_id=arrival.pk, maker=person_id, **given)
        return f"Asked: {asked.title}. Nothing is paid until it is approved."
    told = state_address(arrival_id=arrival.pk, person_id=person_id, **{"fee": 0, **given})
    if told.request is not None:
        return f"You both say the same. Asked: {told.request.title}. Nothing is sent until it is approved."
    if told.differs:
        return "Kept, but it is not the address that somebody else has stated. Nothing was asked: compare your evidence."
    return "Kept. Now a second person states the address from evidence of their own; then it is asked for."
