"""The proofs of the books: how they stand, and asking for a run now."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import KombuError

from audit.commands import record
from backoffice.access.attempts import refused_because
from backoffice.access.rules import operator_of, requires
from backoffice.alerts.tasks import prove
from backoffice.console.ledger import proofs as standing
from backoffice.console.ledger.tabs import tabs

RUN = "ledger.run_proofs"


@requires("ledger.view_account")
@require_safe
def proofs(request: HttpRequest) -> HttpResponse:
    """Each proof with what it says, how it stands and since when; and what we owe to clients against what we hold."""
    operator = operator_of(request)
    context = {"page": standing.page(operator), "tabs": tabs("proofs"), "may_run": operator.has_perm(RUN)}
    return render(request, "ledger/proofs.html", context)


@requires(RUN)
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Ask a worker for a run: proving takes as long as there is to prove, and only workers may keep what came of it."""
    with transaction.atomic():
        record(type="console.proofs_asked_for", resource_type="page", resource_id="console:proofs")
    try:
        prove.apply_async(retry=False, expires=60)
    except (KombuError, OSError):
        refused_because(request, "The broker does not answer.")
        messages.error(request, "The broker does not answer, so no worker could be asked. The sweep proves the books every minute.")
    else:
        messages.success(request, "A worker proves what was booked since the last checkpoint. Load this page again in a moment.")
    return redirect("console:proofs")
