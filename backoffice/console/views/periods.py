"""The accounting months."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit import clock
from backoffice.access.rules import operator_of, requires
from backoffice.console.ledger import months
from backoffice.console.ledger.tabs import tabs


@requires("ledger.view_account")
@require_safe
def periods(request: HttpRequest) -> HttpResponse:
    """Which are open, which are closed, by whom and why; and what may be asked for with each."""
    operator = operator_of(request)
    page = months.page(operator, clock.now())
    context = {"page": page, "sees_audit": operator.has_perm("audit.view_auditevent"), "tabs": tabs("periods")}
    return render(request, "ledger/periods.html", context)
