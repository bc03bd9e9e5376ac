"""Freeze and halt: one person stops at once; resuming is a request that two approvers decide."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from approvals import queries as control
from approvals.commands import halts as halt_commands
from approvals.errors import AlreadyHalted, NotInForce, RequestAlreadyPending
from approvals.models import ApprovalRequest, Halt
from backoffice.access.attempts import refused_because
from backoffice.access.models import Operator
from backoffice.access.rules import any_operator, operator_of, requires
from backoffice.console import halts
from backoffice.console.forms import SYSTEM_PHRASE, AccountChoiceForm, HaltForm, LiftForm
from backoffice.console.plan import plan
from ledger.models import Account

_HOUSE_KINDS = ("wallet", "nostro")
_RECENT = 10


@any_operator
@require_safe
def controls(request: HttpRequest) -> HttpResponse:
    """What is in force, who asked to lift it, and what was lifted lately."""
    in_force = control.halts_in_force()
    pending = ApprovalRequest.objects.filter(
        action=halt_commands.LIFT, status="pending", subject_id__in=[str(halt.pk) for halt in in_force]
    )
    asked = {lift.subject_id: lift for lift in pending}
    rows = [(halt, halts.in_words(halt), asked.get(str(halt.pk))) for halt in in_force]
    lifted = Halt.objects.exclude(lifted_at=None).order_by("-lifted_at")[:_RECENT]
    recent = [(halt, halts.in_words(halt)) for halt in lifted]
    return TemplateResponse(request, "console/controls.html", {"rows": rows, "recent": recent})


@requires("approvals.place_halt")
@require_http_methods(["GET", "POST"])
def halt_system(request: HttpRequest) -> HttpResponse:
    """Stop everything."""
    form = HaltForm(request.POST or None, phrase=SYSTEM_PHRASE)
    if request.method == "POST" and form.is_valid():
        return _place(request, "system", "", form.cleaned_data["reason"])
    context = {"form": form, "plan": plan(), "effect": halts.effect("system"), "scope": "system"}
    return TemplateResponse(request, "console/halt_place.html", context, status=422 if form.is_bound else 200)


@requires("approvals.place_halt")
@require_http_methods(["GET", "POST"])
def freeze(request: HttpRequest) -> HttpResponse:
    """Freeze one account: choose it, see what stops, give the reason, type its code."""
    visible = _accounts(operator_of(request))
    code = request.GET.get("account", "")
    if not code:
        return TemplateResponse(request, "console/freeze_choose.html", {"form": AccountChoiceForm(accounts=list(visible))})
    account = visible.filter(code=code).first()
    if account is None:
        raise Http404("no such account")
    form = HaltForm(request.POST or None, phrase=account.code)
    if request.method == "POST" and form.is_valid():
        return _place(request, "account", account.code, form.cleaned_data["reason"])
    context = {"form": form, "plan": plan(account.code), "effect": halts.effect("account"), "scope": "account", "account": account}
    return TemplateResponse(request, "console/halt_place.html", context, status=422 if form.is_bound else 200)


@requires("approvals.request_lift")
@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, halt_id: UUID) -> HttpResponse:
    """Ask two approvers to resume. Nothing resumes by this page alone."""
    halt = get_object_or_404(Halt, pk=halt_id)
    operator = operator_of(request)
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if operator.person_id is None:
            form.add_error(
                None, "Your account belongs to no person, so nobody could tell whether two people decided. Ask an admin."
            )
        else:
            try:
                asked = halt_commands.request_lift(halt_id=halt.pk, reason=form.cleaned_data["reason"], maker=operator.person_id)
            except RequestAlreadyPending:
                form.add_error(None, "Somebody has asked already; the request waits for approvers.")
            except NotInForce:
                refused_because(request, "This halt has been lifted already.")
                messages.info(request, "This halt has been lifted already.")
                return redirect("console:controls")
            else:
                messages.success(request, f"Asked. Two approvers other than you decide on “{asked.title}”")
                return redirect("console:controls")
    context = {"form": form, "halt": halt, "words": halts.in_words(halt)}
    return TemplateResponse(request, "console/halt_lift.html", context, status=422 if form.is_bound else 200)


def _place(request: HttpRequest, scope: str, target: str, reason: str) -> HttpResponse:
    try:
        halt = halt_commands.place_halt(scope=scope, target=target, reason=reason)
    except AlreadyHalted:
        refused_because(request, "Somebody stopped this before. It is in force.")
        messages.info(request, "Somebody stopped this before you. It is in force.")
    else:
        messages.warning(request, f"{halts.in_words(halt)}. Steps that start from now on are refused.")
    return redirect("console:controls")


def _accounts(operator: Operator) -> QuerySet[Account]:
    """Accounts an operator may freeze: those of visible clients, and the house's wallets and bank accounts."""
    owners = [f"client:{client_id}" for client_id in control.client_scope(operator).values_list("pk", flat=True)]
    return Account.objects.filter(Q(owner__in=owners) | Q(kind__in=_HOUSE_KINDS), status="open").order_by("code")
