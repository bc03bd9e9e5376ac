"""Entering what a desk by phone said; another person confirms it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from approvals.errors import RequestAlreadyPending
from backoffice.access.rules import operator_of, requires
from backoffice.console.phone import FORMS, EntryForm
from backoffice.console.transfers.scope import transfer_of
from transfers.commands.manual_entry import ask
from transfers.errors import Conflict, Refused
from transfers.models import Provider

_NO_PERSON = "Your account belongs to no person, so nobody could tell whether two people looked. Ask an admin."


@requires("transfers.enter_by_hand")
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, code: str, transfer_id: UUID, kind: str) -> HttpResponse:
    """A quote, a deal or a settlement. It counts once somebody else has confirmed it."""
    desk = get_object_or_404(Provider, pk=code, kind=Provider.Kind.MANUAL)
    if kind not in FORMS:
        raise Http404("no such entry")
    operator = operator_of(request)
    transfer = transfer_of(operator, transfer_id)
    form = FORMS[kind](transfer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if operator.person_id is None:
            form.add_error(None, _NO_PERSON)
        elif _asked(form, desk, transfer_id, kind, operator.person_id):
            messages.success(request, "Entered. It counts once an approver other than you has confirmed it.")
            return redirect("console:provider", code)
    context = {"form": form, "desk": desk, "transfer": transfer, "kind": kind}
    return TemplateResponse(request, "providers/enter.html", context, status=422 if form.is_bound else 200)


def _asked(form: EntryForm, desk: Provider, transfer_id: UUID, kind: str, maker: UUID) -> bool:
    """False with the reason on the form."""
    evidence = form.cleaned_data["evidence"]
    try:
        ask(provider=desk.code, transfer_id=transfer_id, kind=kind, figures=form.figures(), evidence=evidence, maker=maker)
    except RequestAlreadyPending:
        form.add_error(None, "Somebody has entered it already; it waits for a second person.")
    except Refused as refused:
        for name, words in refused.fields.items() or [("", refused.detail)]:
            form.add_error(name if name in form.fields else None, words)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    else:
        return True
    return False
