"""Files of many orders: the list, one file followed line by line, and stopping one."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from backoffice.access.rules import operator_of, requires
from backoffice.console.files import listing, page
from backoffice.console.files.forms import FileFilterForm, LinesForm, StopForm
from backoffice.console.files.scope import order_of, visible_orders
from backoffice.console.parts import Paging
from backoffice.console.transfers.scope import visible_clients
from transfers.commands.bulk.ending import cancel as cancel_order
from transfers.errors import Conflict


@requires("transfers.view_transfer")
@require_safe
def files(request: HttpRequest) -> HttpResponse:
    """Newest first, filtered by the address, a page at a time."""
    operator = operator_of(request)
    form = FileFilterForm(request.GET, clients=visible_clients(operator))
    given, after = form.given(), request.GET.get("after", "")
    found, next_after = listing.page_of(visible_orders(operator).filter(**given), after)
    paging = Paging(
        shown=len(found),
        noun="file" if len(found) == 1 else "files",
        first_url=f"?{urlencode(given)}" if after else "",
        next_url=f"?{urlencode(given | {'after': next_after})}" if next_after else "",
    )
    context = {
        "form": form,
        "given": given,
        "rows": listing.rows(found),
        "paging": paging,
        "may_upload": operator.has_perm("transfers.create_bulk_order"),
    }
    return TemplateResponse(request, "files/list.html", context)


@requires("transfers.view_transfer")
@require_safe
def file(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One file. The fragment is how far it is; it asks for itself again while something can change."""
    order = order_of(operator_of(request), order_id)
    if request.headers.get("HX-Request"):
        state, _ = LinesForm(request.GET).given()
        context = page.progress(order, state)
        context["changed"] = context["mark"] != request.GET.get("mark", "")
        context["mark"] = request.GET.get("mark", "")
        response = TemplateResponse(request, "files/_progress.html", context)
        response["Vary"] = "HX-Request"
        return response
    return _page(request, order_id)


@requires("transfers.cancel_transfer")
@require_POST
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Stop what has not been carried out. 409 when it is too late by now, with the page as it stands."""
    order = order_of(operator_of(request), order_id)
    form = StopForm(request.POST)
    if not form.is_valid():
        return _page(request, order_id, form=form, status=422)
    try:
        cancel_order(order.pk, form.cleaned_data["reason"])
    except Conflict as error:
        return _page(request, order_id, error=str(error), status=409)
    messages.success(request, "Stopped. What was on hold for the lines that had not begun is available again.")
    return redirect("console:file", order_id)


def _page(
    request: HttpRequest, order_id: UUID, *, form: StopForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    operator = operator_of(request)
    state, after = LinesForm(request.GET).given()
    context = page.context(order_of(operator, order_id), operator, state, after)
    response = TemplateResponse(request, "files/file.html", context | {"form": form or StopForm(), "error": error}, status=status)
    response["Vary"] = "HX-Request"
    return response
