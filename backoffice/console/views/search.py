"""One box for everything. What is named exactly is opened at once; anything else is listed with why it matched."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from backoffice.access.rules import any_operator, operator_of
from backoffice.console.search import look, only_one

_LONGEST = 200


@any_operator
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip().replace("\x00", "")[:_LONGEST]
    found = look(text, operator_of(request))
    hit = only_one(found)
    if hit is not None:
        return redirect(hit.url)
    return render(request, "console/search.html", {"text": text, "found": found})
