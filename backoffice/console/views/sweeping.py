"""What lies on deposit addresses, what of it is brought to the hot wallet and when; and asking for it now."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.access.rules import operator_of, requires
from backoffice.console.terminal.sweeps import MOST, rows
from backoffice.console.terminal.tabs import tabs
from backoffice.console.transfers.scope import client_ids
from transfers.commands.sweeping.balances import OnAddress, on_address, why_not
from transfers.commands.sweeping.begin import SAY_WHY, sweep_now
from transfers.errors import Conflict, NotFound, Refused
from transfers.queries.proposals import proposals

MANAGE = "transfers.manage_liquidity"


class SweepForm(forms.Form):
    reason = forms.CharField(
        label="Why now",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays with the transfer. Nobody else has to approve it.",
        error_messages={"required": SAY_WHY},
    )


@requires("ledger.view_account")
@require_safe
def sweeps(request: HttpRequest) -> HttpResponse:
    """Every address with something on it, what may be swept first."""
    operator = operator_of(request)
    shown, summaries = rows(client_ids(operator))
    context = {
        "rows": shown,
        "summaries": summaries,
        "most": MOST,
        "tabs": tabs("sweeps", len(proposals())),
        "may_manage": operator.has_perm(MANAGE),
    }
    return TemplateResponse(request, "treasury/sweeps.html", context)


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def sweep(request: HttpRequest, address_id: UUID, asset_id: str) -> HttpResponse:
    """One address now, with a reason."""
    there = _visible(request, address_id, asset_id)
    form = SweepForm(request.POST or None)
    error = ""
    if request.method == "POST" and form.is_valid():
        error = _begin(request, there, form.cleaned_data["reason"])
        if not error:
            return redirect("console:sweeps")
    context = {"form": form, "error": error, "there": there, "why": why_not(there)}
    return TemplateResponse(request, "treasury/sweep_now.html", context, status=422 if form.is_bound else 200)


def _visible(request: HttpRequest, address_id: UUID, asset_id: str) -> OnAddress:
    there, clients = on_address(address_id, asset_id), client_ids(operator_of(request))
    if there is None or (clients is not None and there.client_id not in clients):
        raise Http404("nothing on such an address")
    return there


def _begin(request: HttpRequest, there: OnAddress, reason: str) -> str:
    """Empty when it was begun, else why not."""
    try:
        begun = sweep_now(address_id=there.address_id, asset_id=there.asset_id, reason=reason)
    except (Conflict, Refused, NotFound) as error:
        return str(error)
    messages.success(request, f"Begun: transfer {begun.reference} brings it to the hot wallet.")
    return ""
