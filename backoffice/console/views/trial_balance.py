"""The trial balance of the whole book, now or as of a moment."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backoffice.access.rules import operator_of, requires
from backoffice.console.ledger.archived import says_archived
from backoffice.console.ledger.intervals import in_words
from backoffice.console.ledger.scope import owners
from backoffice.console.ledger.tabs import tabs
from backoffice.console.ledger.trial import MomentForm, trial_balances
from ledger.queries import TimeBasis


@requires("ledger.view_account")
@require_safe
@says_archived
def trial_balance(request: HttpRequest) -> HttpResponseBase:
    form = MomentForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    at, by = given.get("at"), TimeBasis(given.get("by") or TimeBasis.BOOKED)
    trials = trial_balances(at, by, owners(operator_of(request)))
    context = {
        "form": form,
        "at": at,
        "by_words": in_words(by),
        "trials": trials,
        "broken": [trial.asset.id for trial in trials if not trial.balances],
        "tabs": tabs("trial-balance"),
    }
    return render(request, "ledger/trial_balance.html", context)
