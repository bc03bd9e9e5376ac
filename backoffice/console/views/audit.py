"""The audit trail: filtered by what the address says, newest first; one event with its proof; timelines; and the trail as a file.

Every page of it leaves an event of its own: who reads what others did is itself something somebody did.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from audit import clock, queries
from audit.archive.months import archived_until
from audit.sealing.bundle import NotSealed, proof_of
from backoffice.access.rules import requires
from backoffice.console.audit import explorer, reading, tabs, timelines
from backoffice.console.audit.event import story
from backoffice.console.audit.export import HEAD, line
from backoffice.console.audit.filters import TrailFilterForm
from backoffice.console.audit.seals import log_head
from backoffice.console.exports import csv_response


@requires("audit.view_auditevent")
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    form = TrailFilterForm(request.GET)
    found = explorer.listed(form, request.GET.get("after", ""))
    given = form.given()
    reading.note(reading.TRAIL_READ, "events", filters=given, shown=len(found.rows))
    context = {"form": form, "given": given, "rows": found.rows, "paging": found.paging, "tabs": tabs.tabs("events")}
    context |= {"log": log_head(), "archived_until": archived_until("audit_event")}
    return render(request, "audit/trail.html", context)


@requires("audit.view_auditevent")
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filter finds, as CSV. Ends where the event of this very export begins."""
    form = TrailFilterForm(request.GET)
    if not form.is_valid():
        raise Http404("this filter finds nothing")
    wanted = form.wanted()
    own = queries.event(reading.note(reading.EXPORTED, "events", filters=form.given()))
    if own is not None:
        wanted["until"] = min(wanted.get("until") or own.recorded_at, own.recorded_at)
    return csv_response(f"audit-{clock.now():%Y%m%d-%H%M%S}", HEAD, (line(event) for event in explorer.every(wanted)))


@requires("audit.view_auditevent")
@require_safe
def event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """A page of its own, or the drawer of the list."""
    found = queries.event(event_id)
    if found is None:
        raise Http404("no such event")
    context = {"story": story(found), "event": found, "tabs": tabs.tabs("")}
    reading.note(reading.TRAIL_READ, str(found.id), filters={})
    is_drawer = bool(request.headers.get("HX-Request"))
    response = render(request, "audit/_drawer.html" if is_drawer else "audit/event.html", context)
    response["Vary"] = "HX-Request"
    return response


@requires("audit.view_auditevent")
@require_safe
def proof(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """The event with the proof that it is in the log, to be checked without us."""
    if queries.event(event_id) is None:
        raise Http404("no such event")
    try:
        bundle = proof_of(event_id)
    except NotSealed as waiting:
        messages.info(request, str(waiting))
        return redirect("console:audit-event", event_id)
    reading.note(reading.PROOF_GIVEN, str(event_id), filters={})
    response = JsonResponse(bundle, json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="proof-{event_id}.json"'
    response["Cache-Control"] = "no-store"
    return response


@requires("audit.view_auditevent")
@require_safe
def resource(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Everything recorded about one thing."""
    return _timeline(request, {"resource_type": kind, "resource_id": name}, of_actor=False)


@requires("audit.view_auditevent")
@require_safe
def actor(request: HttpRequest, name: str) -> HttpResponse:
    """Everything one account, key or process did or was refused."""
    return _timeline(request, {"actor_id": name}, of_actor=True)


def _timeline(request: HttpRequest, wanted: dict[str, str], *, of_actor: bool) -> HttpResponse:
    if any("\x00" in value for value in wanted.values()):
        raise Http404("no such name")
    page, after = _page(wanted, request.GET.get("after", ""))
    reading.note(reading.TRAIL_READ, "timeline", filters=wanted, shown=len(page.rows))
    context: dict[str, Any] = wanted | {
        "of_actor": of_actor,
        "items": timelines.items(page.rows, of_actor=of_actor),
        "first": explorer.rows(page.rows[:1]),
        "paging": explorer.paging({}, page, after),
        "archived_until": archived_until("audit_event"),
        "tabs": tabs.tabs(""),
    }
    return render(request, "audit/timeline.html", context)


def _page(wanted: dict[str, Any], after: str) -> tuple[queries.Page, str]:
    try:
        return queries.events(**wanted, after=after or None, limit=explorer.PAGE), after
    except queries.BadCursor:
        return queries.events(**wanted, limit=explorer.PAGE), ""
