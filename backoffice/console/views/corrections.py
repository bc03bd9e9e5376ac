"""Asking for corrections: a reversal, a step about an overdraft, a month. Others decide; nothing is booked here."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from approvals.commands import request_period
from approvals.corrections.words import why_not
from approvals.errors import RequestAlreadyPending
from audit import clock
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.approvals.preview import entry_rows
from backoffice.console.corrections import steps
from backoffice.console.corrections.asks import sees_all_of
from backoffice.console.corrections.flow import NO_PERSON, Flow, run
from backoffice.console.corrections.forms import PeriodForm, ReversalForm, StepForm
from backoffice.console.corrections.lines import AdjustmentForm
from backoffice.console.ledger.scope import visible_accounts
from ledger import queries
from ledger.chart import ForcedKind
from ledger.commands.corrections import adjustment_posting, reversal_posting
from ledger.errors import LedgerError
from ledger.models import LedgerTransaction
from ledger.posting import Posting


@requires("ledger.request_correction")
@require_http_methods(["GET", "POST"])
def reverse_posting(request: HttpRequest) -> HttpResponse:
    """Ask to undo one posting whole."""
    original = _posting(request)
    form = ReversalForm(request.POST or None)

    def build() -> Posting:
        return reversal_posting(
            reference_of=original.reference,
            reference=f"reversal/{original.reference}",
            reason=form.cleaned_data["reason"],
            value_at=queries.value_time_of_correction(original.reference, now=clock.now()),
            forced_kind=ForcedKind.REVERSAL if form.cleaned_data["below_zero"] else "",
        )

    return run(request, Flow(form, build, "ledger/correction_reverse.html", *_about(original)))


@requires("ledger.request_correction")
@require_http_methods(["GET", "POST"])
def adjust_posting(request: HttpRequest) -> HttpResponse:
    """Ask for lines of one's own that correct one posting."""
    original = _posting(request)
    form = AdjustmentForm(request.POST or None, original=original, accounts=visible_accounts(operator_of(request)))

    def build() -> Posting:
        return adjustment_posting(
            reference_of=original.reference,
            reference=f"adjustment/{form.cleaned_data['reference']}",
            lines=form.given_lines(),
            reason=form.cleaned_data["reason"],
            value_at=queries.value_time_of_correction(original.reference, now=clock.now()),
        )

    return run(request, Flow(form, build, "ledger/correction_adjust.html", *_about(original)))


@requires("ledger.request_correction")
@require_http_methods(["GET", "POST"])
def overdraft(request: HttpRequest) -> HttpResponse:
    """Ask for one step about what is owed on an account."""
    account = visible_accounts(operator_of(request)).filter(code=_asked(request, "account")).first()
    if account is None:
        raise Http404("no such account")
    back = reverse("console:account", args=[account.code])
    now = queries.balance(account.code)
    offered = steps.offer(now, request.GET.get("verb", ""))
    if offered is None or offered.obstacle:
        messages.info(request, offered.obstacle if offered else "Nothing of that kind can be asked for on this account now.")
        return redirect(back)
    form = StepForm(
        request.POST or None,
        asset=now.asset,
        most=steps.most(offered, now),
        label=offered.step.counter,
        choices=offered.choices,
    )

    def build() -> Posting:
        return steps.posting_of(offered.step, account.code, form.cleaned_data, clock.now())

    context = {"account": account, "balance": now, "owed": steps.owed(now), "step": offered.step}
    return run(request, Flow(form, build, "ledger/correction_overdraft.html", back, account.code, context))


@requires("ledger.close_period")
@require_http_methods(["GET", "POST"])
def period(request: HttpRequest) -> HttpResponse:
    """Ask to close or reopen a month; its figures stand beside the form."""
    operator, verb = operator_of(request), request.GET.get("verb", "")
    month = next((one for one in queries.periods(now=clock.now()) if one.name == request.GET.get("month", "")), None)
    if month is None or verb not in ("close", "reopen"):
        raise Http404("no such month")
    form = PeriodForm(request.POST or None)
    error = ""
    if request.method == "POST" and form.is_valid():
        error = _ask_for_period(request, operator, verb, month.month, form.cleaned_data["reason"])
        if not error:
            return redirect("console:periods")
    context = {"form": form, "month": month, "verb": verb, "error": error}
    return TemplateResponse(request, "ledger/correction_period.html", context, status=422 if form.is_bound else 200)


def _ask_for_period(request: HttpRequest, operator: Operator, verb: str, month: date, reason: str) -> str:
    """Empty when it was asked for, else why not."""
    if operator.person_id is None:
        return NO_PERSON
    try:
        asked = request_period(verb=verb, month=month, reason=reason, maker=operator.person_id)
    except RequestAlreadyPending:
        return "Somebody has asked already; the request waits for approval."
    except LedgerError as error:
        return why_not(error)
    people = "one other person decides" if asked.quorum == 1 else f"{asked.quorum} other people decide"
    messages.success(request, f"Asked: {people} on “{asked.title}”.")
    return ""


def _about(original: LedgerTransaction) -> tuple[str, str, dict[str, Any]]:
    """Where the posting's page is, what it is called, and what the forms about it show."""
    context = {
        "original": original,
        "rows": entry_rows(original),
        "is_closed": queries.is_closed(original.value_at),
        "corrections": queries.corrections_of(original.reference),
    }
    return reverse("console:posting", args=[original.reference]), original.reference, context


def _posting(request: HttpRequest) -> LedgerTransaction:
    """The posting named in the address, if all of its accounts may be seen. Raises Http404."""
    found: LedgerTransaction | None = LedgerTransaction.objects.filter(reference=_asked(request, "posting")).first()
    if found is None or not sees_all_of(found, operator_of(request)):
        raise Http404("no such posting")
    return found


def _asked(request: HttpRequest, name: str) -> str:
    """What the address says. Raises Http404 for what no row can be called."""
    value = request.GET.get(name, "")
    if "\x00" in value:
        raise Http404("no such name")
    return value
