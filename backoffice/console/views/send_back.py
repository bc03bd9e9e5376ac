"""Asking that unallocated money go back to where it came from. Others decide."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from backoffice.access.rules import operator_of, requires
from backoffice.console.deposit_forms import StatedForm, ToDebtorForm
from backoffice.console.unallocated import arrival_of, asking
from ledger.queries import unit
from transfers.commands.deposits.send_back import debtor_of, request_to_debtor
from transfers.commands.deposits.stated import counting, state_address
from transfers.errors import Refused
from transfers.models import Arrival

_PAGE = "transfers/deposit_send_back.html"


@requires("ledger.request_correction")
@require_http_methods(["GET", "POST"])
def send_back(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """A bank's goes to the debtor's account; for a chain's, this person states the address."""
    arrival = arrival_of(arrival_id)
    return (_by_address if arrival.rail == "evm" else _to_debtor)(request, arrival)


def _to_debtor(request: HttpRequest, arrival: Arrival) -> HttpResponse:
    def ask(person_id: UUID, given: dict[str, Any]) -> str:
        asked = request_to_debtor(arrival_id=arrival.pk, maker=person_id, **given)
        return f"Asked: {asked.title}. Nothing is paid until it is approved."

    form = ToDebtorForm(request.POST or None, asset=unit(arrival.asset_id))
    return asking(request, _PAGE, arrival, form, ask, **_debtor(arrival))


def _debtor(arrival: Arrival) -> dict[str, Any]:
    try:
        found = debtor_of(arrival)
    except Refused as refused:
        return {"obstacle": refused.detail}
    return {"debtor": found, "debtor_account": found.get("iban") or found.get("clabe")}


def _by_address(request: HttpRequest, arrival: Arrival) -> HttpResponse:
    stated, person_id = counting(arrival), operator_of(request).person_id
    others = [one.person.name for one in stated if one.person_id != person_id]
    form = StatedForm(request.POST or None, asset=unit(arrival.asset_id), is_second=bool(others))
    return asking(
        request,
        _PAGE,
        arrival,
        form,
        lambda person, given: _state(arrival, person, given),
        mine=next((one for one in stated if one.person_id == person_id), None),
        others=others,
        kept=stated[0].fee if stated else None,
    )


def _state(arrival: Arrival, person_id: UUID, given: dict[str, Any]) -> str:
    told = state_address(arrival_id=arrival.pk, person_id=person_id, **{"fee": 0, **given})
    if told.request is not None:
        return f"You both say the same. Asked: {told.request.title}. Nothing is sent until it is approved."
    if told.differs:
        return "Kept, but it is not the address that somebody else has stated. Nothing was asked: compare your evidence."
    return "Kept. Now a second person states the address from evidence of their own; then it is asked for."
