"""The failure catalogue as a page: every code with its four answers, and the runbook that goes with it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backoffice.access.rules import any_operator
from backoffice.console.runbooks import RUNBOOKS, Runbook
from transfers.failures import AREAS, REFUSALS, Failure


@dataclass(frozen=True, slots=True)
class Line:
    failure: Failure
    runbooks: tuple[Runbook, ...]


@any_operator
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All of them on one page, so that the browser's own search finds a code or a word."""
    areas = [*AREAS.items(), ("Refused at the door", tuple(REFUSALS.values()))]
    shown = [(title, [_line(one) for one in entries]) for title, entries in areas]
    return render(request, "console/failures.html", {"areas": shown})


def _line(failure: Failure) -> Line:
    return Line(failure, tuple(one for one in RUNBOOKS.values() if failure.code in one.codes))
