"""Asking for liquidity levels. Others decide; nothing changes here."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from approvals.errors import RequestAlreadyPending
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.corrections.flow import NO_PERSON
from backoffice.console.terminal.forms import LevelsForm
from transfers.commands.levels import request_levels
from transfers.errors import Refused
from transfers.queries.liquidity import liquidity


@requires("transfers.manage_liquidity")
@require_http_methods(["GET", "POST"])
def levels(request: HttpRequest) -> HttpResponse:
    """The form, with the figures of today beside it."""
    found = liquidity().get(request.GET.get("account", ""))
    if found is None:
        raise Http404("no place of that name")
    form = LevelsForm(request.POST or None, of=found)
    error = ""
    if request.method == "POST" and form.is_valid():
        error = _ask(request, operator_of(request), found.account_code, form.cleaned_data)
        if not error:
            return redirect("console:terminal")
    context = {"form": form, "error": error, "liquidity": found}
    return TemplateResponse(request, "treasury/levels.html", context, status=422 if form.is_bound else 200)


def _ask(request: HttpRequest, operator: Operator, account_code: str, given: dict[str, Any]) -> str:
    """Empty when it was asked for, else why not."""
    if operator.person_id is None:
        return NO_PERSON
    try:
        asked = request_levels(account_code=account_code, maker=operator.person_id, **given)
    except RequestAlreadyPending:
        return "Somebody has asked for other levels of this place already; that request waits for approval."
    except Refused as refused:
        return refused.detail
    messages.success(request, f"Asked: one other person decides on “{asked.title}”.")
    return ""
