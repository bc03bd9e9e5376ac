"""The books: accounts with balances, one account's statement, one posting with its entries."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from approvals import queries as control
from audit import clock
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.parts import PostingRow
from ledger import queries
from ledger.chart import client_owner
from ledger.models import Account, Hold, LedgerTransaction

_DAYS = 31
_MOST_ROWS = 200


@requires("ledger.view_account")
@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """Every account the operator may see, per asset, with the trial balance of the whole book."""
    seen = set(visible_accounts(operator_of(request)).values_list("code", flat=True))
    assets = [(row, [account for account in row.accounts if account.code in seen]) for row in queries.trial_balance()]
    return render(request, "ledger/chart.html", {"assets": assets})


@requires("ledger.view_account")
@require_safe
def account(request: HttpRequest, code: str) -> HttpResponse:
    """One account: what it holds, what is on hold, and its entries of the last month."""
    found = visible_accounts(operator_of(request)).filter(code=code).select_related("asset").first()
    if found is None:
        raise Http404("no such account")
    until = clock.now() + timedelta(minutes=1)
    statement = queries.statement(found.code, since=until - timedelta(days=_DAYS), until=until)
    holds = Hold.objects.filter(account=found, status=Hold.Status.PLACED).order_by("-id")[:_MOST_ROWS]
    context = {
        "account": found,
        "balance": queries.balance(found.code),
        "statement": statement,
        "rows": statement.rows[::-1][:_MOST_ROWS],
        "hidden": max(len(statement.rows) - _MOST_ROWS, 0),
        "holds": holds,
        "days": _DAYS,
    }
    return render(request, "ledger/account.html", context)


@requires("ledger.view_account")
@require_safe
def posting(request: HttpRequest, reference: str) -> HttpResponse:
    """One ledger transaction: its entries, its times, what it reverses or was reversed by."""
    found = get_object_or_404(LedgerTransaction.objects.select_related("reverses"), reference=reference)
    entries = list(found.entries.select_related("account__asset").order_by("ordinal"))
    visible = set(
        visible_accounts(operator_of(request)).filter(pk__in=[entry.account_id for entry in entries]).values_list("pk", flat=True)
    )
    if not visible:
        raise Http404("no such posting")
    rows = [
        PostingRow(
            account=entry.account.name if entry.account_id in visible else "Account of another client",
            asset=entry.account.asset,
            debit=entry.debit or None,
            credit=entry.credit or None,
            after=entry.balance_after if entry.account_id in visible else None,
        )
        for entry in entries
    ]
    reversed_by = LedgerTransaction.objects.filter(reverses=found).first()
    return render(request, "ledger/posting.html", {"posting": found, "rows": rows, "reversed_by": reversed_by})


def visible_accounts(operator: Operator) -> QuerySet[Account]:
    """House accounts, and those of clients in the operator's scope."""
    owners = [client_owner(client_id) for client_id in control.client_scope(operator).values_list("pk", flat=True)]
    return Account.objects.filter(Q(owner="") | Q(owner__in=owners))
