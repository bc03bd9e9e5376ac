"""Uploading a file of orders: it is checked whole and refused whole, then read, and only then submitted for its approval."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from audit.commands import record_refusal
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.files import preview as preview_of
from backoffice.console.files.forms import LONGEST_NAME, UploadForm
from backoffice.console.files.scope import payers, upload_of
from transfers.bulk.csv_file import COLUMNS
from transfers.commands.bulk.checking import LinesRefused
from transfers.commands.bulk.receiving import SentBefore, receive, submit
from transfers.errors import Conflict, Refused, Unavailable
from transfers.models import BulkOrder, BulkUpload
from transfers.vocabulary import TRANSFER_REFUSED

UPLOAD = "transfers.create_bulk_order"
MOST_SHOWN = 200
_NOBODY = "Your account belongs to no person, so nobody could tell who may approve it. Ask an admin."


@requires(UPLOAD)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; and after it was sent, either what is wrong with the file or the way to its preview."""
    operator = operator_of(request)
    clients = payers(operator)
    if request.method != "POST":
        return _form(request, UploadForm(clients=clients, initial={"client": request.GET.get("client", "")}))
    form = UploadForm(request.POST, request.FILES, clients=clients)
    if form.is_valid() and operator.person_id is None:
        form.add_error(None, _NOBODY)
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        upload = _received(form, operator)
    except SentBefore as before:
        messages.info(request, f"{before} There is only one; nothing was added.")
        return redirect("console:file", before.order.pk)
    except (Refused, Unavailable) as error:
        return _refused(request, form, error)
    return redirect("console:file-preview", upload.pk)


def _received(form: UploadForm, operator: Operator) -> BulkUpload:
    """Raises SentBefore, Refused, LinesRefused and Unavailable."""
    given = form.cleaned_data
    return receive(
        client_id=given["client"],
        content=given["file"].read(),
        name=str(given["file"].name)[-LONGEST_NAME:],
        reference=given["reference"],
        uploaded_by=operator.get_username(),
        uploaded_by_type="operator",
    )


def _refused(request: HttpRequest, form: UploadForm, error: Refused | Unavailable) -> HttpResponse:
    if isinstance(error, Unavailable):
        form.add_error(None, f"It could not be checked now, and nothing was kept: {error}")
        return _form(request, form, status=503)
    record_refusal(
        type=TRANSFER_REFUSED,
        resource_type="client",
        resource_id=form.cleaned_data["client"],
        reason=f"{error.code}: {error.detail}",
        metadata={"file": str(form.cleaned_data["file"].name)[-LONGEST_NAME:], "fields": dict(list(error.fields.items())[:20])},
    )
    if isinstance(error, LinesRefused):
        return _form(request, form, status=422, problems=error.problems)
    form.add_error("file" if error.code == "file_unreadable" else None, error.detail)
    return _form(request, form, status=422)


def _form(request: HttpRequest, form: UploadForm, *, status: int = 200, problems: Any = ()) -> HttpResponse:
    bad = len({problem.line for problem in problems})
    shown = problems[:MOST_SHOWN]
    context = {"form": form, "problems": shown, "bad": bad, "more": len(problems) - len(shown), "columns": COLUMNS}
    return TemplateResponse(request, "files/new.html", context, status=status)


@requires(UPLOAD)
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """What the file would do; submitting it. A file that was submitted leads to its order."""
    operator = operator_of(request)
    upload = upload_of(operator, upload_id)
    made = BulkOrder.objects.filter(upload=upload).first()
    if made is not None:
        return redirect("console:file", made.pk)
    if request.method != "POST":
        return TemplateResponse(request, "files/preview.html", preview_of.context(upload))
    return _submitted(request, upload, operator)


def _submitted(request: HttpRequest, upload: BulkUpload, operator: Operator) -> HttpResponse:
    if operator.person_id is None:
        return _kept(request, upload, _NOBODY, 422)
    try:
        order = submit(upload, makers=(operator.person_id,))
    except LinesRefused as error:
        return _kept(request, upload, f"{error.detail} Upload it again to see each.", 422)
    except (Refused, Conflict, Unavailable) as error:
        return _kept(request, upload, str(error), 503 if isinstance(error, Unavailable) else 409)
    return redirect("console:file", order.pk)


def _kept(request: HttpRequest, upload: BulkUpload, error: str, status: int) -> HttpResponse:
    return TemplateResponse(request, "files/preview.html", preview_of.context(upload) | {"error": error}, status=status)
