"""Breaks: what the outside says and our books do not, or the other way round; and the statements they came from."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from approvals import queries as control
from audit import clock
from backoffice.access.rules import operator_of, requires
from backoffice.console.forms import StatementForm
from backoffice.console.parts import Paging, Tab
from ledger.money import AssetUnit
from ledger.queries import unit
from reconciliation import queries
from reconciliation.commands.importing import import_statement
from reconciliation.importers.currencies import exponent
from reconciliation.models import Break, StatementFile
from transfers.models import Transfer

_PAGE = 50
IMPORT = "reconciliation.import_statement"


@requires("reconciliation.view_break")
@require_safe
def breaks(request: HttpRequest) -> HttpResponse:
    """The list: open ones by default, newest first."""
    clients = control.client_scope(operator_of(request))
    shows_open = request.GET.get("show") != "ended"
    ageing = queries.ageing(clients)
    page = queries.breaks(clients, is_open=shows_open, after=_cursor(request), limit=_PAGE)
    show = "open" if shows_open else "ended"
    tabs = [
        Tab("Open", "?show=open", sum(count for _, count in ageing), shows_open),
        Tab("Ended", "?show=ended", None, not shows_open),
    ]
    paging = Paging(
        shown=len(page.rows),
        noun="breaks",
        first_url=f"?show={show}" if request.GET.get("after") else "",
        next_url=f"?show={show}&after={page.next_after}" if page.next_after else "",
    )
    rows = [(row, queries.ageing_bucket(row.opened_at), _asset_of(row)) for row in page.rows]
    context = {
        "rows": rows,
        "tabs": tabs,
        "paging": paging,
        "ageing": ageing,
        "report": queries.report(),
        "shows_open": shows_open,
    }
    return TemplateResponse(request, "reconciliation/breaks.html", context)


def _cursor(request: HttpRequest) -> UUID | None:
    """A cut or old link starts again from the newest."""
    try:
        return UUID(request.GET.get("after", ""))
    except ValueError:
        return None


@requires("reconciliation.view_break")
@require_safe
def break_page(request: HttpRequest, break_id: UUID) -> HttpResponse:
    """One break: what was expected, what was found, and the evidence on both sides."""
    seen = queries.visible_breaks(control.client_scope(operator_of(request)))
    found = get_object_or_404(seen.select_related("source", "item__statement__file", "item__block", "statement__file"), pk=break_id)
    transfer = Transfer.objects.filter(pk=found.transfer_id).first() if found.transfer_id else None
    difference = None
    if found.expected_amount is not None and found.actual_amount is not None:
        difference = found.actual_amount - found.expected_amount
    context = {
        "break": found,
        "bucket": queries.ageing_bucket(found.opened_at),
        "transfer": transfer,
        "difference": difference,
        "evidence": found.statement or (found.item.statement if found.item else None),
        "asset": _asset_of(found),
        "about_chain": queries.is_about_chain(found),
        "item_asset": _asset(found.item.currency) if found.item else None,
    }
    return TemplateResponse(request, "reconciliation/break.html", context)


def _asset_of(found: Break) -> AssetUnit | None:
    return _asset(found.currency or (found.item.currency if found.item else ""))


def _asset(name: str) -> AssetUnit | None:
    """How to draw amounts of a currency or asset: as the ledger keeps it, otherwise as the world counts it. None when it is no
    currency at all."""
    try:
        return unit(name)
    except LookupError:
        decimals = exponent(name)
        return None if decimals is None else AssetUnit(name, name, decimals)


@requires("reconciliation.view_break")
@require_http_methods(["GET", "HEAD", "POST"])
def statements(request: HttpRequest) -> HttpResponse:
    """Files imported and refused; and, for those who may, the form that imports one more."""
    if request.method == "POST":
        answer: HttpResponse = _import(request)
        return answer
    may_import = operator_of(request).has_perm(IMPORT)
    return _statements(request, StatementForm() if may_import else None)


@requires(IMPORT)
def _import(request: HttpRequest) -> HttpResponse:
    """Take the file whole or refuse it whole."""
    form = StatementForm(request.POST, request.FILES)
    if form.is_valid():
        upload, asked_at = form.cleaned_data["file"], clock.now()
        taken = import_statement(
            source_code=form.cleaned_data["source"].code,
            name=upload.name,
            content=upload.read(),
            imported_by=operator_of(request).get_username(),
        )
        if taken.status == StatementFile.Status.IMPORTED:
            messages.success(request, _told(taken, is_new=taken.imported_at >= asked_at))
            return redirect("console:statements")
        form.add_error("file", f"Refused whole, nothing of it was taken. Line {taken.refused_line}: {taken.refused_reason}")
    return _statements(request, form, status=422)


def _told(taken: StatementFile, *, is_new: bool) -> str:
    if not is_new:
        return f"This file was imported before, as {taken.name}. Nothing has changed."
    count = int(taken.facts.get("entry_count", 0))
    return f"{taken.name} is imported: {count} {'entry' if count == 1 else 'entries'}."


def _statements(request: HttpRequest, form: StatementForm | None, status: int = 200) -> HttpResponse:
    return TemplateResponse(request, "reconciliation/statements.html", {"form": form, "files": queries.files()}, status=status)
