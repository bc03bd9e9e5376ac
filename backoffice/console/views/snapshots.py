"""Snapshots of the books: the list, the bytes, and whether the books still say the same."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.commands import record_access
from backoffice.access.rules import operator_of, requires
from backoffice.console.ledger import snapshots as kept
from backoffice.console.ledger.scope import owners
from backoffice.console.ledger.tabs import tabs
from backoffice.console.views.downloads import EXPORTED
from ledger.queries.snapshots import Snapshot, snapshot_bytes, verify_snapshot


@requires("ledger.view_account")
@require_safe
def snapshots(request: HttpRequest) -> HttpResponse:
    """The newest first, those that hold only accounts which the operator may see."""
    page = kept.page(owners(operator_of(request)), _id(request.GET.get("before", "")))
    return render(request, "ledger/snapshots.html", {"page": page, "tabs": tabs("snapshots")})


@requires("ledger.view_account")
@require_safe
def download(request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
    """The bytes as they were taken."""
    found = _visible(request, snapshot_id)
    record_access(type=EXPORTED, resource_type="snapshot", resource_id=str(found.id), metadata={"sha256": found.sha256})
    response = HttpResponse(snapshot_bytes(found.id), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    response["Cache-Control"] = "no-store"
    return response


@requires("ledger.view_account")
@require_POST
def verify(request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
    """Reckon it anew and say whether the books still say the same bytes."""
    verdict = verify_snapshot(_visible(request, snapshot_id).id)
    short = verdict.snapshot.sha256[:12]
    if verdict.holds:
        messages.success(request, f"{short} holds: {verdict.message}.")
    elif verdict.holds is None:
        messages.warning(request, f"{short} {verdict.message}.")
    else:
        messages.error(request, f"{short} does NOT hold: {verdict.message}.")
    return redirect("console:snapshots")


def _visible(request: HttpRequest, snapshot_id: UUID) -> Snapshot:
    """Raises Http404, in the same words for one with other clients' accounts and for none."""
    found = kept.one(snapshot_id, owners(operator_of(request)))
    if found is None:
        raise Http404("no such snapshot")
    return found


def _id(text: str) -> UUID | None:
    """An old or cut page link starts again from the newest."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
