"""What became of each line, as a file. Taking it away is recorded before the first byte is sent."""

from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from audit.commands import record_access
from backoffice.access.rules import operator_of, requires
from backoffice.console.files.forms import LinesForm
from backoffice.console.files.scope import order_of
from backoffice.console.views.downloads import EXPORTED
from transfers.bulk.results_file import csv_of
from transfers.queries import bulk


@requires("transfers.view_transfer")
@require_safe
def results(request: HttpRequest, order_id: UUID) -> HttpResponseBase:
    """Every line, or those in one state, streamed however many they are."""
    order = order_of(operator_of(request), order_id)
    state, _ = LinesForm(request.GET).given()
    said = {"form": "csv", "reference": order.reference, "state": state, "lines": order.line_count}
    record_access(type=EXPORTED, resource_type="bulk_order", resource_id=str(order.pk), metadata=said)
    response = StreamingHttpResponse(csv_of(bulk.results(order, state=state)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="results-{order.reference}.csv"'
    response["Cache-Control"] = "no-store"
    return response
