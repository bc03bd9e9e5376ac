"""Money that arrived and is nobody's yet, and asking that it become a client's. Others decide."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.access.rules import operator_of, requires
from backoffice.console.deposit_forms import AllocationForm
from backoffice.console.transfers.scope import visible_clients
from backoffice.console.unallocated import arrival_of, asking, frozen, pending_of, sender_of
from transfers.commands.deposits.allocation import request_allocation, sent_back, waiting_arrivals
from transfers.commands.house import HOUSE

_MOST, _MOST_GONE = 200, 20


@requires("reconciliation.view_break")
@require_safe
def deposits(request: HttpRequest) -> HttpResponse:
    """Everything unallocated, oldest first, with the request that waits for it; below it what goes back, newest first."""
    arrivals = list(waiting_arrivals()[:_MOST])
    pending = pending_of(arrivals)
    stopped = frozen(arrivals)
    rows = [(one, sender_of(one), pending.get(str(one.pk)), stopped.get(one.pk, "")) for one in arrivals]
    may_ask = operator_of(request).has_perm("ledger.request_correction")
    context = {"rows": rows, "may_ask": may_ask, "most": _MOST, "gone": sent_back(_MOST_GONE)}
    return render(request, "transfers/deposits.html", context)


@requires("ledger.request_correction")
@require_http_methods(["GET", "POST"])
def allocate(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Ask that one arrival be a client's."""
    arrival = arrival_of(arrival_id)

    def ask(person_id: UUID, given: dict[str, Any]) -> str:
        asked = request_allocation(arrival_id=arrival.pk, client_id=given["client"], reason=given["reason"], maker=person_id)
        return f"Asked: {asked.title}. Nothing is credited until it is approved."

    clients = visible_clients(operator_of(request)).exclude(pk=HOUSE).order_by("name")
    form = AllocationForm(request.POST or None, clients=[(client.pk, client.name) for client in clients])
    return asking(request, "transfers/deposit_allocate.html", arrival, form, ask)
