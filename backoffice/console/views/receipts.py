"""Receipts as files. Taking one away is recorded before the first byte is sent."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit.commands import record_access
from backoffice.access.rules import operator_of, requires
from backoffice.console.transfers.scope import transfer_of
from backoffice.console.views.downloads import EXPORTED
from transfers.receipts import pdf
from transfers.receipts.queries import document, receipt_of


@requires("transfers.view_transfer")
@require_safe
def receipt(request: HttpRequest, transfer_id: UUID, number: int, form: str) -> HttpResponse:
    """`pdf` to read, `json` to verify."""
    transfer = transfer_of(operator_of(request), transfer_id)
    found = receipt_of(transfer.pk, number) if 0 < number < 2**15 else None
    if found is None or form not in ("pdf", "json"):
        raise Http404("no such receipt")
    record_access(
        type=EXPORTED, resource_type="receipt", resource_id=str(found.pk), metadata={"format": form}, transaction_id=transfer.pk
    )
    content = pdf.receipt_pdf(found) if form == "pdf" else document(found)
    kind = pdf.CONTENT_TYPE if form == "pdf" else "application/json"
    name = f"receipt-{transfer.reference}-{number}.{form}"
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
