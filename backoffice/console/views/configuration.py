"""How configuration came to be as it is: every version of every row, newest first, and the history of one."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backoffice.access.rules import operator_of, requires
from backoffice.console.audit import configuration, reading, tabs, versions
from backoffice.console.audit.filters import ConfigurationFilterForm
from backoffice.console.audit.kinds import kinds
from backoffice.console.audit.versions import VersionFilter, VersionPage
from backoffice.console.parts import Paging
from backoffice.console.transfers.scope import client_ids

_PAGE = 50


@requires("audit.view_auditevent")
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """All of them, filtered by what the address says."""
    form = ConfigurationFilterForm(request.GET)
    given = form.given()
    asked = {name: form.cleaned_data[name] for name in given}
    context = _context(request, VersionFilter(**asked, clients=client_ids(operator_of(request))), given)
    if not form.is_valid():
        context |= {"lines": [], "paging": Paging(0, "versions")}
    return render(request, "audit/configuration.html", context | {"form": form, "given": given})


@requires("audit.view_auditevent")
@require_safe
def of_one(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """One row from its first version on."""
    if kind not in kinds() or "\x00" in key:
        raise Http404("no such configuration")
    context = _context(request, VersionFilter(kind=kind, key=key, clients=client_ids(operator_of(request))), {})
    if not context["lines"]:
        raise Http404("no such configuration")
    return render(request, "audit/configuration_of.html", context | {"kind": kind, "key": key, "newest": context["lines"][0]})


def _context(request: HttpRequest, wanted: VersionFilter, given: dict[str, str]) -> dict[str, Any]:
    page, after = _page(wanted, request.GET.get("after", ""))
    reading.note(
        reading.TRAIL_READ, "configuration", filters=given | ({"kind": wanted.kind, "key": wanted.key} if wanted.key else {})
    )
    paging = Paging(
        shown=len(page.versions),
        noun="versions",
        first_url=f"?{urlencode(given)}" if after else "",
        next_url=f"?{urlencode(given | {'after': page.next_cursor})}" if page.next_cursor else "",
    )
    return {"lines": configuration.lines(page.versions), "paging": paging, "tabs": tabs.tabs("configuration")}


def _page(wanted: VersionFilter, after: str) -> tuple[VersionPage, str]:
    """An old or cut link starts again from the newest."""
    try:
        return versions.page(wanted, after=after, limit=_PAGE), after
    except versions.BadVersionCursor:
        return versions.page(wanted, limit=_PAGE), ""
