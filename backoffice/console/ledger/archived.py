"""What a page says when it would need entries of archived months."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from backoffice.console.ledger.tabs import tabs
from ledger.errors import MonthArchived

View = Callable[..., HttpResponseBase]


def says_archived(view: View) -> View:
    """Answers with a page that says from when on the question can be answered, and what else could be done."""

    @functools.wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except MonthArchived as archived:
            context = {"until": archived.until, "latest": archived.latest, "path": request.path, "tabs": tabs("")}
            return render(request, "ledger/archived.html", context, status=422)

    return told
