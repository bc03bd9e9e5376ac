"""Our bank accounts: when they pay, and asking that a bank's calendar read otherwise. Others decide; nothing changes here."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.errors import RequestAlreadyPending
from audit import clock
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.corrections.flow import NO_PERSON
from backoffice.console.terminal import banks
from backoffice.console.terminal.calendar_form import CalendarForm
from backoffice.console.terminal.tabs import tabs
from transfers.commands.calendar_changes import request_calendar
from transfers.errors import Refused
from transfers.models import BankAccount
from transfers.queries.proposals import proposals

MANAGE = "transfers.manage_calendar"


@requires("ledger.view_account")
@require_safe
def bank_accounts(request: HttpRequest) -> HttpResponse:
    """Each with the day on which what is handed over now is paid."""
    context = {"banks": banks.banks(), "tabs": tabs("banks", len(proposals()))}
    return render(request, "treasury/bank_accounts.html", context)


@requires("ledger.view_account")
@require_safe
def bank_account(request: HttpRequest, account_code: str) -> HttpResponse:
    """One account: its calendar, the days ahead on which it is closed, and every reading of the calendar."""
    account = get_object_or_404(BankAccount.objects.select_related("asset"), pk=account_code)
    bank = banks.bank_of(account)
    code = account.calendar_code
    context = {
        "bank": bank,
        "closed": banks.closed_days(bank.calendar) if bank.calendar else [],
        "now_there": banks.as_at(clock.now(), bank.calendar) if bank.calendar else "",
        "readings": banks.readings(code) if code else [],
        "pending": banks.pending_change(code) if code else None,
        "sharers": banks.sharers(account) if code else [],
        "may_ask": operator_of(request).has_perm(MANAGE),
        "sees_audit": operator_of(request).has_perm("audit.view_auditevent"),
    }
    return render(request, "treasury/bank_account.html", context)


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest, account_code: str) -> HttpResponse:
    """The form, with what it changes beside it."""
    account = get_object_or_404(BankAccount, pk=account_code)
    bank = banks.bank_of(account)
    if bank.calendar is None:
        raise Http404("no calendar to change")
    form = CalendarForm(request.POST or None, of=bank.calendar)
    if request.method == "POST" and form.is_valid() and _ask(request, operator_of(request), form, bank.calendar.code):
        return redirect("console:bank-account", account.pk)
    context = {
        "form": form,
        "bank": bank,
        "closed": banks.closed_days(bank.calendar),
        "sharers": banks.sharers(account),
        "pending": banks.pending_change(bank.calendar.code),
    }
    return TemplateResponse(request, "treasury/bank_calendar.html", context, status=422 if form.is_bound else 200)


def _ask(request: HttpRequest, operator: Operator, form: CalendarForm, code: str) -> bool:
    """False with the reason on the form."""
    given: dict[str, Any] = form.cleaned_data
    if operator.person_id is None:
        form.add_error(None, NO_PERSON)
        return False
    try:
        asked = request_calendar(code=code, maker=operator.person_id, **given)
    except RequestAlreadyPending:
        form.add_error(None, "Somebody has asked for another reading of it already; that request waits for approval.")
        return False
    except Refused as refused:
        for name, words in refused.fields.items() or [("", refused.detail)]:
            form.add_error(name if name in form.fields else None, words)
        return False
    messages.success(request, f"Asked: one other person decides on “{asked.title}”.")
    return True
