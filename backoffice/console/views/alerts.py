"""Alerts: what is wrong now and who looks after it, what ended and why; and whether the messages about them were heard."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals.models import Client
from backoffice.access.attempts import refused_because
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.alerts import channels, queries
from backoffice.alerts.commands import acknowledge as acknowledge_alert
from backoffice.alerts.errors import AlertResolved
from backoffice.alerts.models import Alert, Delivery
from backoffice.console.parts import Badge, Tab, Tone
from backoffice.console.runbooks import RUNBOOKS
from backoffice.console.transfers.scope import visible_clients

_MOST = 100


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Messages about one alert. `messages`: where to and about what, how it stands, and what the channel said last."""

    sent: int
    heard: int
    messages: list[tuple[str, Badge, str]]


@requires("alerts.view_alert")
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Open ones by default, worst first; those that ended, the latest first."""
    operator = operator_of(request)
    shows_open = request.GET.get("show") != "resolved"
    visible = _visible(operator)
    opened = queries.open_now(visible)
    if request.headers.get("HX-Request"):
        return _news(request, opened.count())
    found = list(opened[:_MOST]) if shows_open else queries.resolved(visible, limit=_MOST)
    prefetch_related_objects(found, "deliveries")
    count = opened.count()
    names = dict(Client.objects.filter(pk__in={alert.client_id for alert in found}).values_list("pk", "name"))
    context = {
        "rows": [(alert, names.get(alert.client_id, ""), RUNBOOKS.get(alert.runbook), deliveries(alert)) for alert in found],
        "tabs": tabs(count, "open" if shows_open else "resolved"),
        "shows_open": shows_open,
        "count": count,
        "most": _MOST,
        "channels": channels.names(),
        "unheard": queries.undelivered().count(),
        "may_acknowledge": operator.has_perm("alerts.acknowledge_alert"),
    }
    response = TemplateResponse(request, "alerts/alerts.html", context)
    response["Vary"] = "HX-Request"
    return response


@requires("alerts.acknowledge_alert")
@require_POST
def acknowledge(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """The operator takes it on. Whoever was first stays named."""
    operator = operator_of(request)
    if not _visible(operator).filter(pk=alert_id).exists():
        raise Http404("no such alert")
    try:
        alert = acknowledge_alert(alert_id)
    except AlertResolved as over:
        refused_because(request, str(over))
        messages.info(request, str(over))
        return redirect("console:alerts")
    if alert.acknowledged_by == operator.get_username():
        messages.success(request, f"It is yours: {alert.title}.")
    else:
        messages.info(request, f"{alert.acknowledged_by} has it already: {alert.title}.")
    return redirect("console:alerts")


def tabs(count: int | None, current: str) -> list[Tab]:
    """`count` open ones, where that is known."""
    here = reverse("console:alerts")
    return [
        Tab("Open", f"{here}?show=open", count, current == "open"),
        Tab("Resolved", f"{here}?show=resolved", None, current == "resolved"),
        Tab("Health checks", reverse("console:health-checks"), None, current == "health-checks"),
    ]


def deliveries(alert: Alert) -> Deliveries:
    found = sorted(alert.deliveries.all(), key=lambda one: (one.channel, one.event))
    messages_ = [(f"{one.channel}, {one.event}", _badge(one), one.last_error) for one in found]
    return Deliveries(len(found), sum(one.delivered_at is not None for one in found), messages_)


def _badge(delivery: Delivery) -> Badge:
    if delivery.delivered_at is not None:
        return Badge("delivered", Tone.DONE)
    if not delivery.attempts:
        return Badge("not tried yet")
    return Badge(f"not heard after {delivery.attempts} {'try' if delivery.attempts == 1 else 'tries'}", Tone.DANGER)


def _news(request: HttpRequest, now: int) -> HttpResponse:
    seen = request.GET.get("seen", "")
    changed = seen.isdigit() and int(seen) != now
    response = TemplateResponse(
        request, "alerts/_news.html", {"changed": changed, "more": now - int(seen) if seen.isdigit() else 0}
    )
    response["Vary"] = "HX-Request"
    return response


def _visible(operator: Operator) -> QuerySet[Alert]:
    return queries.visible_to(list(visible_clients(operator).values_list("pk", flat=True)))
