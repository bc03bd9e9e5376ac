"""Statements of an account as files. Taking one away is recorded before the first byte is sent."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import clock
from audit.commands import record_access
from backoffice.access.rules import operator_of, requires
from backoffice.console.ledger.archived import says_archived
from backoffice.console.ledger.intervals import Interval, IntervalForm, interval
from backoffice.console.ledger.scope import visible_accounts
from ledger import queries
from ledger.errors import StatementTooLong
from ledger.exports import csv_file, pdf_file
from ledger.models import Account

EXPORTED = "console.exported"


@requires("ledger.view_account")
@require_safe
@says_archived
def statement_csv(request: HttpRequest, code: str) -> HttpResponseBase:
    """Streamed, however long."""
    account, wanted = _asked(request, code)
    # What it would raise while it is sent is raised before.
    queries.statement_page(account.code, since=wanted.since, until=wanted.until, by=wanted.by, limit=1)
    _note(account, wanted, "csv")
    data = csv_file.statement_csv(account.code, since=wanted.since, until=wanted.until, by=wanted.by)
    return _as_file(StreamingHttpResponse(data, content_type=csv_file.CONTENT_TYPE), account, wanted, "csv")


@requires("ledger.view_account")
@require_safe
@says_archived
def statement_pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """For people and for paper; one that would be too long says so instead."""
    account, wanted = _asked(request, code)
    try:
        data = pdf_file.statement_pdf(
            account.code, since=wanted.since, until=wanted.until, by=wanted.by, generated_at=clock.now().replace(microsecond=0)
        )
    except StatementTooLong:
        messages.info(request, f"More than {pdf_file.MOST_ROWS:,} entries do not fit a PDF. Take the CSV, or a shorter interval.")
        return redirect(f"{reverse('console:account', args=[account.code])}?{wanted.query()}")
    _note(account, wanted, "pdf")
    return _as_file(HttpResponse(data, content_type=pdf_file.CONTENT_TYPE), account, wanted, "pdf")


def _asked(request: HttpRequest, code: str) -> tuple[Account, Interval]:
    """Raises Http404, in the same words for another client's account, for none, and for an interval that makes no sense."""
    account = None if "\x00" in code else visible_accounts(operator_of(request)).filter(code=code).first()
    form = IntervalForm(request.GET)
    if account is None or not form.is_valid():
        raise Http404("no such statement")
    return account, interval(form)


def _note(account: Account, wanted: Interval, form: str) -> None:
    said = {"form": form, "since": wanted.since, "until": wanted.until, "by": wanted.by.value}
    record_access(type=EXPORTED, resource_type="account", resource_id=account.code, metadata=said)


def _as_file(response: HttpResponseBase, account: Account, wanted: Interval, suffix: str) -> HttpResponseBase:
    plain = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in account.code)
    name = f"statement-{plain}-{wanted.first}-{wanted.last}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
