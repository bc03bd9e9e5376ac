"""Webhooks: clients' addresses, what was sent there and what came back; adding, switching, rotating and replaying."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import clock
from backoffice.access.rules import operator_of, requires
from backoffice.console.parts import Paging
from backoffice.console.transfers.scope import visible_clients
from backoffice.console.webhooks import pages
from backoffice.console.webhooks.forms import NewWebhookForm, ReasonForm, ReplayForm, RotateForm
from backoffice.console.webhooks.pages import MANAGE, PAGE, REPLAY
from transfers.errors import Conflict, NotFound, Refused, Unavailable
from transfers.models import WebhookEndpoint
from transfers.outbox import endpoints, queries, replay, secrets
from transfers.outbox.queries import Tally
from transfers.outbox.switching import Why


@requires("transfers.view_transfer")
@require_safe
def webhooks(request: HttpRequest) -> HttpResponse:
    """Addresses of the clients one sees, those that need somebody first."""
    operator = operator_of(request)
    rows = pages.endpoint_rows(operator, request.GET.get("client", ""))
    failing = sum(row.endpoint.failures > 0 or row.endpoint.disabled_by in ("failures", "gone") for row in rows)
    context = {"rows": rows, "failing": failing, "may_manage": operator.has_perm(MANAGE)}
    return TemplateResponse(request, "webhooks/list.html", context)


@requires("transfers.view_transfer")
@require_safe
def webhook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """One address: how it is doing, what can be done about it, and its messages."""
    return _page(request, endpoint_id)


@requires("transfers.view_transfer")
@require_safe
def delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """One message: what was sent, each attempt, and what was answered."""
    return _delivery(request, delivery_id)


@requires(MANAGE)
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Add an address; the answer to the press shows the secret, once."""
    clients = visible_clients(operator_of(request))
    form = NewWebhookForm(request.POST or None, clients=clients, initial={"client": request.GET.get("client", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            endpoint, secret = endpoints.add(
                client_id=given["client"], url=given["url"], events=given["events"], reason=given["reason"]
            )
        except (Refused, Unavailable) as refused:
            _explain(form, refused)
        else:
            return _secret(request, endpoint, secret, "It is registered")
    return TemplateResponse(request, "webhooks/new.html", {"form": form}, status=422 if form.errors else 200)


def _explain(form: NewWebhookForm, refused: Refused | Unavailable) -> None:
    fields = refused.fields if isinstance(refused, Refused) else {}
    for name in fields or [""]:
        form.add_error(name if name in form.fields else None, fields.get(name) or str(refused))


@requires(MANAGE)
@never_cache
@require_POST
def rotate(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    found = pages.endpoint_of(operator_of(request), endpoint_id)
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint_id, rotate=form, status=422)
    try:
        secret = endpoints.rotate_secret(
            endpoint_id=found.pk,
            client_id=found.client_id,
            reason=form.cleaned_data["reason"],
            overlap=form.overlap_time(),
            instead_of=form.cleaned_data["instead_of"],
        )
    except (Conflict, Refused, Unavailable) as refused:
        return _page(request, endpoint_id, error=str(refused), status=409)
    return _secret(request, found, secret, "The secret is rotated")


@requires(MANAGE)
@require_POST
def switch(request: HttpRequest, endpoint_id: UUID, verb: str) -> HttpResponse:
    """`enable`, `disable` or `remove`, each with a reason."""
    acts: dict[str, tuple[Callable[..., None], dict[str, Any], str]] = {
        "enable": (endpoints.enable, {}, "It is on. Events from now on are sent; what was missed can be replayed."),
        "disable": (endpoints.disable, {"why": Why.OPERATOR}, "It is off. What happens meanwhile is kept as missed."),
        "remove": (endpoints.remove, {}, "It is removed. What was delivered stays as evidence."),
    }
    if verb not in acts:
        raise Http404("no such act")
    act, more, said = acts[verb]
    found = pages.endpoint_of(operator_of(request), endpoint_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint_id, reason=form, status=422)
    try:
        act(endpoint_id=found.pk, client_id=found.client_id, reason=form.cleaned_data["reason"], **more)
    except Refused as refused:
        return _page(request, endpoint_id, error=refused.detail, status=409)
    messages.success(request, said)
    return redirect("console:webhook", endpoint_id)


@requires(REPLAY)
@require_POST
def replay_all(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Everything that was not taken of what happened in the time chosen."""
    found = pages.endpoint_of(operator_of(request), endpoint_id)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint_id, replay=form, status=422)
    try:
        count = replay.replay_since(
            endpoint_id=found.pk, client_id=found.client_id, since=clock.now() - form.reach(), reason=form.cleaned_data["reason"]
        )
    except Refused as refused:
        return _page(request, endpoint_id, error=refused.detail, status=409)
    messages.success(request, f"{count:,} message{'' if count == 1 else 's'} will be sent again, with the same ids.")
    return redirect("console:webhook", endpoint_id)


@requires(REPLAY)
@require_POST
def replay_one(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    found = pages.delivery_of(operator_of(request), delivery_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _delivery(request, delivery_id, form=form, status=422)
    try:
        replay.replay_one(delivery_id=found.pk, client_id=found.endpoint.client_id, reason=form.cleaned_data["reason"])
    except (Refused, NotFound) as refused:
        return _delivery(request, delivery_id, error=refused.detail, status=409)
    messages.success(request, "It will be sent again at once, with the same id.")
    return redirect("console:webhook-delivery", delivery_id)


def _page(request: HttpRequest, endpoint_id: UUID, *, error: str = "", status: int = 200, **forms: Any) -> HttpResponse:
    operator = operator_of(request)
    endpoint = pages.endpoint_of(operator, endpoint_id)
    shown, before = request.GET.get("show", ""), _uuid(request.GET.get("before", ""))
    found = list(queries.deliveries_of(endpoint, states=pages.states_of(shown), before=before)[: PAGE + 1])
    rows = [(row, pages.delivery_badge(row)) for row in found[:PAGE]]
    tally = queries.tallies([endpoint.pk]).get(endpoint.pk, Tally())
    older = f"?show={shown}&before={rows[-1][0].pk}" if len(found) > PAGE else ""
    context = {
        "endpoint": endpoint,
        "badge": pages.endpoint_badge(endpoint),
        "tally": tally,
        "rows": rows,
        "shown": shown,
        "tabs": pages.tabs(endpoint, shown, tally),
        "paging": Paging(len(rows), "messages", f"?show={shown}" if before else "", older),
        "possible": pages.possibilities(endpoint, operator, tally),
        "reason_form": forms.get("reason") or ReasonForm(),
        "rotate_form": forms.get("rotate") or RotateForm(auto_id="rotate_%s", initial={"instead_of": secrets.newest(endpoint.pk)}),
        "replay_form": forms.get("replay") or ReplayForm(auto_id="replay_%s"),
        "switches": _SWITCHES,
        "error": error or _first_error(forms),
        "sees_audit": operator.has_perm("audit.view_auditevent"),
    }
    return TemplateResponse(request, "webhooks/endpoint.html", context, status=status)


_SWITCHES = (
    ("enable", "Switch it on?", "Events from now on are sent. What was missed stays so until it is replayed.", "Switch on", False),
    (
        "disable",
        "Switch it off?",
        "The client is told nothing there until it is on again. What happens is kept as missed.",
        "Switch off",
        True,
    ),
    ("remove", "Remove it for good?", "Nothing is sent there any more, and it cannot be switched on again.", "Remove", True),
)


def _first_error(forms: dict[str, Any]) -> str:
    return next((str(errors[0]) for form in forms.values() for errors in form.errors.values()), "")


def _delivery(
    request: HttpRequest, delivery_id: UUID, *, form: ReasonForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    operator = operator_of(request)
    found = pages.delivery_of(operator, delivery_id)
    attempts = queries.attempts_of(found)
    is_on = found.endpoint.status == WebhookEndpoint.Status.ENABLED and found.endpoint.deleted_at is None
    context = {
        "delivery": found,
        "badge": pages.delivery_badge(found),
        "attempts": [(attempt, pages.attempt_badge(attempt)) for attempt in attempts],
        "unrecorded": found.attempts - len(attempts),
        "text": pages.message_text(found.event),
        "may_replay": operator.has_perm(REPLAY),
        "is_on": is_on,
        "form": form or ReasonForm(),
        "error": error or (form and _first_error({"reason": form})) or "",
    }
    return TemplateResponse(request, "webhooks/delivery.html", context, status=status)


def _secret(request: HttpRequest, endpoint: WebhookEndpoint, secret: str, title: str) -> HttpResponse:
    return TemplateResponse(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret, "title": title})


def _uuid(text: str) -> UUID | None:
    """An old or cut link starts again from the newest."""
    try:
        return UUID(text)
    except ValueError:
        return None
