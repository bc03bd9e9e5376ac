"""Breaks: what the outside says and our books do not, or the other way round; and the statements they came from."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.access.rules import operator_of, requires
from backoffice.console.forms import StatementForm
from backoffice.console.parts import Paging, Tab
from reconciliation import queries
from reconciliation.commands.importing import import_statement
from reconciliation.models import Break, StatementFile
from transfers.models import Transfer

_PAGE = 50


@requires("reconciliation.view_break")
@require_safe
def breaks(request: HttpRequest) -> HttpResponse:
    """The list: open ones by default, newest first."""
    shows_open = request.GET.get("show") != "ended"
    page = queries.breaks(is_open=shows_open, after=_cursor(request), limit=_PAGE)
    show = "open" if shows_open else "ended"
    tabs = [
        Tab("Open", "?show=open", sum(count for _, count in queries.ageing()), shows_open),
        Tab("Ended", "?show=ended", None, not shows_open),
    ]
    paging = Paging(
        shown=len(page.rows),
        noun="breaks",
        first_url=f"?show={show}" if request.GET.get("after") else "",
        next_url=f"?show={show}&after={page.next_after}" if page.next_after else "",
    )
    rows = [(row, queries.ageing_bucket(row.opened_at)) for row in page.rows]
    context = {
        "rows": rows,
        "tabs": tabs,
        "paging": paging,
        "ageing": queries.ageing(),
        "report": queries.report(),
        "shows_open": shows_open,
    }
    return render(request, "reconciliation/breaks.html", context)


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
    found = get_object_or_404(
        Break.objects.select_related("source", "item__statement__file", "item__block", "statement__file"), pk=break_id
    )
    transfer = Transfer.objects.filter(pk=found.transfer_id).first() if found.transfer_id else None
    difference = None
    if found.expected_amount is not None and found.actual_amount is not None:
        difference = found.actual_amount - found.expected_amount
    context = {"break": found, "bucket": queries.ageing_bucket(found.opened_at), "transfer": transfer, "difference": difference}
    return render(request, "reconciliation/break.html", context)


@requires("reconciliation.view_break")
@require_http_methods(["GET", "POST"])
def statements(request: HttpRequest) -> HttpResponse:
    """Files imported and refused; and, for those who may, the form that imports one more."""
    operator = operator_of(request)
    may_import = operator.has_perm("reconciliation.import_statement")
    form = StatementForm(request.POST or None, request.FILES or None) if may_import else None
    if request.method == "POST" and form is not None and form.is_valid():
        upload = form.cleaned_data["file"]
        taken = import_statement(
            source_code=form.cleaned_data["source"].code,
            name=upload.name,
            content=upload.read(),
            imported_by=operator.get_username(),
        )
        if taken.status == StatementFile.Status.IMPORTED:
            messages.success(request, f"{taken.name} is imported: {taken.facts.get('entry_count', 0)} entries.")
            return redirect("console:statements")
        form.add_error("file", f"Refused whole, nothing of it was taken. Line {taken.refused_line}: {taken.refused_reason}")
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "reconciliation/statements.html", {"form": form, "files": queries.files()}, status=status)
