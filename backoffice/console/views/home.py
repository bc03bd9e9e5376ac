"""The first page after signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit import clock
from backoffice.access.rules import any_operator, operator_of
from backoffice.console import home as home_page


@any_operator
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What needs me now."""
    operator = operator_of(request)
    return render(
        request,
        "console/home.html",
        {"figures": home_page.figures(operator), "sections": home_page.sections(operator), "now": clock.now()},
    )
