"""Proposals to bring money back to where it should be; what our signer can do may be asked for, everything else is done by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from approvals.errors import RequestAlreadyPending
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.corrections.flow import NO_PERSON
from backoffice.console.terminal.offers import offers
from backoffice.console.terminal.tabs import tabs
from transfers.commands.rebalance import request_move
from transfers.errors import Refused

MANAGE = "transfers.manage_liquidity"


@requires("ledger.view_account")
@require_http_methods(["GET", "HEAD", "POST"])
def proposals(request: HttpRequest) -> HttpResponse:
    """The list as it is worked out now."""
    if request.method == "POST":
        answer: HttpResponse = _ask(request)
        return answer
    return _page(request)


@requires(MANAGE)
def _ask(request: HttpRequest) -> HttpResponse:
    """Ask for one of them: others decide, nothing moves here."""
    error = _asked(request, operator_of(request))
    return _page(request, error=error, status=409) if error else redirect("console:proposals")


def _asked(request: HttpRequest, operator: Operator) -> str:
    if operator.person_id is None:
        return NO_PERSON
    try:
        asked = request_move(key=request.POST.get("key", ""), maker=operator.person_id)
    except RequestAlreadyPending:
        return "Somebody has asked for it already; the request waits for approval."
    except Refused as refused:
        return refused.detail
    messages.success(request, f"Asked: {asked.quorum} other people decide on “{asked.title}”.")
    return ""


def _page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    found = offers()
    context = {
        "offers": found,
        "error": error,
        "tabs": tabs("proposals", len(found)),
        "may_manage": operator_of(request).has_perm(MANAGE),
    }
    return TemplateResponse(request, "treasury/proposals.html", context, status=status)
