"""Transfers: the list, one transfer with everything known of it, and cancelling it.

The list and the page answer HTMX with a fragment that only says what has changed since: rows never move by themselves.
"""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from approvals.models import Corridor
from audit import clock
from backoffice.access.rules import operator_of, requires
from backoffice.console.parts import Paging
from backoffice.console.transfers import listing, page
from backoffice.console.transfers.forms import CancelForm, TransferFilterForm
from backoffice.console.transfers.scope import client_ids, transfer_of, visible_clients
from backoffice.console.transfers.story import mark_of
from transfers import queries
from transfers.commands.cancel import cancel as cancel_transfer
from transfers.errors import Conflict
from transfers.queries import TransferFilter
from transfers.queries.listing import BadCursor
from transfers.synthetic import is_party


@requires("transfers.view_transfer")
@require_safe
def transfers(request: HttpRequest) -> HttpResponse:
    """Newest first, filtered by the address, a page at a time."""
    operator = operator_of(request)
    form = TransferFilterForm(request.GET, clients=visible_clients(operator), corridors=Corridor.objects.order_by("id"))
    given = form.given()
    wanted = _wanted(given, client_ids(operator))
    if request.headers.get("HX-Request"):
        return _news(request, wanted, given)
    found, after = _page_of(wanted, request.GET.get("after") or None) if form.is_valid() else (queries.Page([], None), None)
    paging = Paging(
        shown=len(found.rows),
        noun="transfers",
        first_url=f"?{urlencode(given)}" if after else "",
        next_url=f"?{urlencode(given | {'after': found.next_cursor})}" if found.next_cursor else "",
    )
    context = {
        "form": form,
        "given": given,
        "rows": listing.rows(found.rows),
        "paging": paging,
        "news_url": "" if after else _news_url(wanted, given),
        "may_make": operator.has_perm("transfers.create_withdrawal"),
    }
    response = TemplateResponse(request, "transfers/list.html", context)
    response["Vary"] = "HX-Request"
    return response


def _wanted(given: dict[str, str], clients: list[str] | None) -> TransferFilter:
    return TransferFilter(
        clients=clients,
        client_id=given.get("client", ""),
        status=given.get("status", ""),
        route=given.get("route", ""),
        corridor=given.get("corridor", ""),
        only_stopped="stopped" in given,
        with_synthetic="checks" in given or is_party(given.get("client", "")),
    )


def _page_of(wanted: TransferFilter, after: str | None) -> tuple[queries.Page, str | None]:
    """An old or cut link starts again from the newest."""
    try:
        return queries.transfer_page(wanted, cursor=after, limit=listing.PAGE), after
    except BadCursor:
        return queries.transfer_page(wanted, limit=listing.PAGE), None


def _news_url(wanted: TransferFilter, given: dict[str, str]) -> str:
    """Asks how many have come since a minute ago, and how many of those are on the page already: one that is being made at this
    moment carries the time at which that began."""
    since = clock.now() - listing.OVERLAP
    seen = listing.arrived(wanted, since)
    return "?" + urlencode(given | {"since": since.isoformat(), "seen": str(seen)})


def _news(request: HttpRequest, wanted: TransferFilter, given: dict[str, str]) -> HttpResponse:
    since, seen = _moment(request.GET.get("since", "")), request.GET.get("seen", "")
    more = 0
    if since is not None and seen.isdigit():
        more = listing.arrived(wanted, since) - int(seen)
    response = TemplateResponse(
        request, "transfers/_news.html", {"more": more, "most": listing.MOST_NEWS, "url": f"?{urlencode(given)}"}
    )
    response["Vary"] = "HX-Request"
    return response


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


@requires("transfers.view_transfer")
@require_safe
def transfer(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """One transfer. The fragment says whether it changed since the page was drawn."""
    if request.headers.get("HX-Request"):
        transfer_of(operator_of(request), transfer_id)
        changed = mark_of(transfer_id) != request.GET.get("mark", "")
        response = TemplateResponse(request, "transfers/_changed.html", {"changed": changed, "transfer_id": transfer_id})
        response["Vary"] = "HX-Request"
        return response
    return page_of(request, transfer_id)


@requires("transfers.cancel_transfer")
@require_POST
def cancel(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """Cancel before anything is committed outside. 409 when it is too late by now, with the page as it stands."""
    found = transfer_of(operator_of(request), transfer_id)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return page_of(request, transfer_id, cancel_form=form, status=422)
    try:
        cancel_transfer(found.pk, form.cleaned_data["reason"])
    except Conflict as error:
        return page_of(request, transfer_id, error=str(error), status=409)
    messages.success(request, "Cancelled. The reserved funds are available again.")
    return redirect("console:transfer", transfer_id)


def page_of(
    request: HttpRequest, transfer_id: UUID, *, cancel_form: CancelForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    """The page as it stands, with what kept an action from being done."""
    operator = operator_of(request)
    found = transfer_of(operator, transfer_id, *page.RELATED)
    context = page.context(found, operator)
    context |= {"cancel_form": cancel_form or CancelForm(), "error": error}
    response = TemplateResponse(request, "transfers/transfer.html", context, status=status)
    response["Vary"] = "HX-Request"
    return response
