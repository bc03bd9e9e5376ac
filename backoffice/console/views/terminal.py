"""The terminal: every wallet, bank account and pool, our books beside the outside."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backoffice.access.roles import VIEW_CLIENT
from backoffice.access.rules import operator_of, requires
from backoffice.console.terminal import rows
from backoffice.console.terminal.filters import TerminalFilterForm
from backoffice.console.terminal.tabs import tabs
from reconciliation.positions import overview
from transfers.queries.liquidity import liquidity
from transfers.queries.proposals import proposals as planned


@requires("ledger.view_account")
@require_safe
def terminal(request: HttpRequest) -> HttpResponse:
    """The page, or for a page that is open the part of it that changes. Only what is stored is read: nobody outside is asked."""
    operator = operator_of(request)
    found = overview()
    form = TerminalFilterForm(request.GET, assets=rows.assets(found.positions))
    given = form.given()
    context: dict[str, Any] = {
        "form": form,
        "tabs": tabs("places", len(planned())),
        "given": given,
        "headline": rows.headline(found),
        "at": found.at,
        "groups": rows.groups(
            found,
            liquidity(),
            asset=given.get("asset", ""),
            kind=given.get("kind", ""),
            only_differences="differences" in given,
        ),
        "query": request.GET.urlencode(),
        # What is owed to all clients together is for those who may see every client.
        "sees_owed": operator.has_perm(VIEW_CLIENT),
        "sees_breaks": operator.has_perm("reconciliation.view_break"),
        "may_manage": operator.has_perm("transfers.manage_liquidity"),
        "sees_transfers": operator.has_perm("transfers.view_transfer"),
    }
    is_part = bool(request.headers.get("HX-Request"))
    response = render(request, "treasury/_positions.html" if is_part else "treasury/terminal.html", context)
    response["Vary"] = "HX-Request"
    return response
