"""What to do when something is stuck, beside the alert that says so."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backoffice.access.rules import any_operator
from backoffice.console.runbooks import RUNBOOKS


@any_operator
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "console/runbooks.html", {"runbooks": list(RUNBOOKS.values())})


@any_operator
@require_safe
def runbook(request: HttpRequest, slug: str) -> HttpResponse:
    found = RUNBOOKS.get(slug)
    if found is None:
        raise Http404("no such runbook")
    return render(request, f"runbooks/{found.slug}.html", {"runbook": found})
