"""Who is outside and how they do; taking one out of use and putting it back; the reference rates that quotes are held against."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.access.models import Operator
from backoffice.access.roles import VIEW_CLIENT
from backoffice.access.rules import operator_of, requires
from backoffice.console import providers as words
from backoffice.console.forms import ReasonForm
from backoffice.console.phone import awaited
from transfers.commands import providers as commands
from transfers.models import Provider, ProviderTerms
from transfers.queries import providers as queries
from transfers.queries.exchanges import said_to
from transfers.queries.providers import Standing
from transfers.rails.rate_feed import NAME as RATE_FEED

_LATELY = 30


@requires("transfers.view_provider")
@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """Everybody, worst first, and the corridors that depend on them."""
    standings = sorted(queries.standings(), key=lambda one: (not one.is_out, one.provider.name))
    context = {
        "lines": [words.line(one) for one in standings],
        "lanes": [words.lane_line(lane) for lane in queries.lanes()],
        "out": sum(one.is_out for one in standings),
        "tabs": words.tabs("providers"),
    }
    return TemplateResponse(request, "providers/list.html", context)


@requires("transfers.view_provider")
@require_safe
def provider(request: HttpRequest, code: str) -> HttpResponse:
    """One provider: how it does, its terms, what it said lately."""
    standing = _standing(code)
    operator = operator_of(request)
    by_phone = standing.provider.kind == Provider.Kind.MANUAL
    context = {
        "line": words.line(standing),
        "by_phone": by_phone,
        "awaited": awaited(code, operator) if by_phone else [],
        "answers": words.recent_answers(code),
        **_wire(operator, code),
        "terms": ProviderTerms.objects.select_related("corridor").filter(provider_id=code).order_by("corridor_id"),
        "sees_audit": operator.has_perm("audit.view_auditevent"),
    }
    return TemplateResponse(request, "providers/provider.html", context)


@requires("transfers.open_breaker")
@require_http_methods(["GET", "POST"])
def take_out(request: HttpRequest, code: str) -> HttpResponse:
    """No new work for it until somebody puts it back."""
    standing, form = _standing(code), ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        commands.take_out(code=code, reason=form.cleaned_data["reason"])
        messages.warning(request, f"{standing.provider.name} gets no new work. What it has is tracked on.")
        return redirect("console:provider", code)
    context = {"form": form, "line": words.line(standing), "verb": "take-out"}
    return TemplateResponse(request, "providers/hand.html", context, status=422 if form.is_bound else 200)


@requires("transfers.close_breaker")
@require_http_methods(["GET", "POST"])
def put_back(request: HttpRequest, code: str) -> HttpResponse:
    """It gets new work again, from the next step on."""
    standing, form = _standing(code), ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        commands.put_back(code=code, reason=form.cleaned_data["reason"])
        messages.success(request, f"{standing.provider.name} is in use again.")
        return redirect("console:provider", code)
    context = {"form": form, "line": words.line(standing), "verb": "put-back"}
    return TemplateResponse(request, "providers/hand.html", context, status=422 if form.is_bound else 200)


@requires("transfers.view_ratesheet")
@require_safe
def rates(request: HttpRequest) -> HttpResponse:
    """The rates that corridors need, with what they are made of, and what each source last said."""
    needed = queries.needed_rates()
    context = {
        "needed": needed,
        "lacking": sum(one.found is None for one in needed),
        "published": queries.published(),
        **_wire(operator_of(request), RATE_FEED),
        "tabs": words.tabs("rates"),
    }
    return TemplateResponse(request, "providers/rates.html", context)


def _wire(operator: Operator, code: str) -> dict[str, Any]:
    """What was said for no transfer names everybody's clients: only who sees them all sees that there is something."""
    sees = operator.has_perm(VIEW_CLIENT)
    lately = said_to(code).defer("request", "response", "digest")[:_LATELY]
    return {"sees_wire": sees, "wire": list(lately) if sees else []}


def _standing(code: str) -> Standing:
    standing = queries.standing(code)
    if standing is None:
        raise Http404("no such provider")
    return standing
