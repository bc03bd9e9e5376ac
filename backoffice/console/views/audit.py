"""The audit trail: filtered by what the address says, newest first, page by page."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit import queries
from backoffice.access.rules import requires
from backoffice.console.forms import AuditFilterForm
from backoffice.console.parts import Paging

_PAGE = 50


@requires("audit.view_auditevent")
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    given = form.given()
    after = request.GET.get("after") or None
    try:
        page = _events(given, after)
    except queries.BadCursor:
        # An old or cut link: start again from the newest rather than show an error for it.
        page, after = _events(given, None), None
    paging = Paging(
        shown=len(page.rows),
        noun="events",
        first_url=f"?{urlencode(given)}" if after else "",
        next_url=f"?{urlencode(given | {'after': page.next_cursor})}" if page.next_cursor else "",
    )
    return render(request, "console/audit.html", {"form": form, "given": given, "rows": page.rows, "paging": paging})


def _events(given: dict[str, str], after: str | None) -> queries.Page:
    return queries.events(
        actor_id=given.get("actor_id"),
        type=given.get("type"),
        resource_type=given.get("resource_type"),
        resource_id=given.get("resource_id"),
        correlation_id=given.get("correlation_id"),
        transaction_id=_transaction(given.get("transaction_id")),
        after=after,
        limit=_PAGE,
    )


def _transaction(text: str | None) -> UUID | None:
    """What is no id is nobody's: the nil id, which matches nothing."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)
