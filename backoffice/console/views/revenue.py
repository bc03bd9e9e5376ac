"""Revenue and expense: by group, the entries behind each figure, and both as files."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.commands import record_access
from backoffice.access.rules import operator_of, requires
from backoffice.console.exports import csv_response
from backoffice.console.ledger import behind as entries
from backoffice.console.ledger import revenue as figures
from backoffice.console.ledger.archived import says_archived
from backoffice.console.ledger.behind import Drill
from backoffice.console.ledger.intervals import interval, shortcuts
from backoffice.console.ledger.revenue import GROUPS, RevenueForm
from backoffice.console.ledger.tabs import tabs
from backoffice.console.transfers.scope import client_ids
from backoffice.console.views.downloads import EXPORTED
from ledger.money import Money


@requires("ledger.view_account")
@require_safe
@says_archived
def revenue(request: HttpRequest) -> HttpResponseBase:
    """What was earned and spent, by what the address says."""
    form = RevenueForm(request.GET)
    wanted, clients = interval(form), client_ids(operator_of(request))
    context = {
        "form": form.filled(wanted),
        "interval": wanted,
        "shortcuts": shortcuts(wanted, group=form.group_name, asset=form.asset_id or ""),
        "group_title": dict(GROUPS)[form.group_name],
        "assets": figures.by_asset(wanted, form.group_name, form.asset_id, clients),
        "is_partial": clients is not None,
        "tabs": tabs("revenue"),
    }
    return render(request, "ledger/revenue.html", context)


@requires("ledger.view_account")
@require_safe
@says_archived
def behind(request: HttpRequest) -> HttpResponseBase:
    """The entries that make up one figure."""
    drill = _drill(request)
    rows, paging = entries.page(drill, request.GET.get("after", ""))
    title = figures.title_of(drill.group, drill.value, figures.names_of(drill.group))
    context = {"drill": drill, "rows": rows, "paging": paging, "title": title, "group_title": dict(GROUPS)[drill.group]}
    return render(request, "ledger/revenue_behind.html", context)


@requires("ledger.view_account")
@require_safe
@says_archived
def export(request: HttpRequest) -> HttpResponseBase:
    """The figures as CSV."""
    form = RevenueForm(request.GET)
    wanted, group = interval(form), form.group_name
    found = figures.figures(wanted, group, form.asset_id, client_ids(operator_of(request)))
    _note("figures", request)
    head = ("asset", group, "revenue", "expense", "net", "entries")
    rows = [
        (
            one.asset.id,
            one.group[group],
            *(Money(amount, one.asset).major() for amount in (one.revenue, one.expense, one.net)),
            one.entries,
        )
        for one in found
    ]
    return csv_response(f"revenue-{wanted.first}-{wanted.last}", head, rows)


@requires("ledger.view_account")
@require_safe
@says_archived
def export_behind(request: HttpRequest) -> HttpResponseBase:
    """The entries behind one figure as CSV, streamed."""
    drill = _drill(request)
    # What it would raise while it is sent is raised before.
    entries.page(drill, "")
    _note("entries", request)
    head = ("booked_at", "value_at", "settled_at", "reference", "kind", "description", "account", "asset", "debit", "credit",
            "client", "corridor", "transaction_id")  # fmt: skip
    return csv_response(f"revenue-entries-{drill.interval.first}-{drill.interval.last}", head, _lines(drill))


def _lines(drill: Drill) -> Iterator[tuple[Any, ...]]:
    for row in entries.every(drill):
        amounts = (Money(amount, row.asset).major() if amount else "" for amount in (row.debit, row.credit))
        dimensions = (row.dimensions.get(name, "") for name in ("client", "corridor"))
        times = (row.booked_at, row.value_at, row.settled_at)
        yield (
            *times,
            row.reference,
            row.kind,
            row.description,
            row.account_code,
            row.asset.id,
            *amounts,
            *dimensions,
            row.transaction_id,
        )


def _drill(request: HttpRequest) -> Drill:
    """Raises Http404 for no figure of ours, and in the same words for that of a client that one does not see."""
    form = RevenueForm(request.GET)
    value = request.GET.get("value", "")
    drill = Drill(
        interval=interval(form),
        group=form.group_name,
        value=value,
        asset_id=form.asset_id,
        clients=client_ids(operator_of(request)),
    )
    if not form.is_valid() or "\x00" in value or not drill.is_seen:
        raise Http404("no such figure")
    return drill


def _note(what: str, request: HttpRequest) -> None:
    record_access(type=EXPORTED, resource_type="revenue", resource_id=what, metadata={"filters": request.GET.dict()})
