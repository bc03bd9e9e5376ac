"""Every component on one page, with sample content: what pages are composed of, and the visual test of the look. Sandbox only."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit import clock
from backoffice.access.rules import any_operator
from backoffice.console.samples import samples


@any_operator
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    return render(request, "console/styleguide.html", {"now": now, "soon": now + timedelta(hours=1, minutes=38), **samples(now)})
