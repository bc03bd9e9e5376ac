"""The books: accounts with what they hold, one account, one posting with its entries."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from backoffice.access.rules import operator_of, requires
from backoffice.console.ledger import account as accounts
from backoffice.console.ledger import chart as charts
from backoffice.console.ledger import posting as postings
from backoffice.console.ledger.archived import says_archived
from backoffice.console.ledger.intervals import IntervalForm, interval, shortcuts
from backoffice.console.ledger.scope import owners, visible_accounts
from backoffice.console.ledger.tabs import tabs
from ledger import queries
from ledger.models import LedgerTransaction


@requires("ledger.view_account")
@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """Every account the operator may see, by asset and side of the equation; filtered by what the address says."""
    operator = operator_of(request)
    form = charts.ChartFilterForm(request.GET)
    given = form.given()
    seen = owners(operator)
    overdrawn = [one for one in queries.overdrafts() if seen is None or one.owner in seen]
    seen_accounts = visible_accounts(operator)
    found = charts.charts(seen_accounts, given, [one.account_code for one in overdrawn]) if form.is_valid() else []
    context = {
        "form": form,
        "given": given,
        "charts": found,
        "overdrawn": overdrawn,
        "count": seen_accounts.count(),
        "tabs": tabs("accounts"),
    }
    return render(request, "ledger/chart.html", context)


@requires("ledger.view_account")
@require_safe
@says_archived
def account(request: HttpRequest, code: str) -> HttpResponseBase:
    """One account: what it holds, its T and its statement for an interval, what is on hold, and a balance as of a moment."""
    operator = operator_of(request)
    found = visible_accounts(operator).filter(code=_text(code)).first()
    if found is None:
        raise Http404("no such account")
    form = IntervalForm(request.GET)
    wanted = interval(form)
    context = {
        "account": found,
        "page": accounts.page(found.code, wanted, request.GET.get("after", "")),
        "form": form.filled(wanted),
        "interval": wanted,
        "shortcuts": shortcuts(wanted),
        "sees_audit": operator.has_perm("audit.view_auditevent"),
    }
    return render(request, "ledger/account.html", context)


@requires("ledger.view_account")
@require_safe
def posting(request: HttpRequest, reference: str) -> HttpResponse:
    """One ledger transaction: its entries, its times, what it corrects and what corrects it."""
    found = get_object_or_404(LedgerTransaction, reference=_text(reference))
    page = postings.page(found, operator_of(request))
    if page is None:
        raise Http404("no such posting")
    return render(request, "ledger/posting.html", {"page": page, "posting": found})


def _text(name: str) -> str:
    """What no row can be called, none is."""
    if "\x00" in name:
        raise Http404("no such name")
    return name
