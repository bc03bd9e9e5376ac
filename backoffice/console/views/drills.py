"""Drills: what the sandbox's simulators can do wrong, armed and called off with a reason. Sandbox only."""

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from audit.commands import record
from backoffice.access.attempts import refused_because
from backoffice.access.rules import requires
from backoffice.console.drill_forms import ArmForm, CallOffForm, Choice
from backoffice.sandbox.drills import registry
from backoffice.sandbox.drills.base import Armed, Drill, NotArmed, Source, Unreachable

RUN = "alerts.run_drill"


@dataclass(frozen=True, slots=True)
class Shown:
    """One simulator as the page shows it: `trouble` instead of what is armed when it does not answer."""

    source: Source
    armed: list[tuple[Armed, Drill | None, CallOffForm]]
    choices: list[Choice]
    trouble: str = ""


@requires(RUN)
@require_safe
def drills(request: HttpRequest) -> HttpResponse:
    """What is going wrong on purpose now, and what else can."""
    return _page(request, [_shown(source) for source in registry.sources()])


@requires(RUN)
@require_POST
def arm(request: HttpRequest, source: str, kind: str) -> HttpResponse:
    """Order one fault."""
    simulator = _source(source)
    drill = next((one for one in simulator.drills if one.kind == kind), None)
    if drill is None:
        raise Http404("no such drill")
    form = ArmForm(request.POST, source=source, drill=drill)
    if form.is_valid():
        try:
            _arm(simulator, drill, form)
        except (NotArmed, Unreachable) as error:
            form.add_error(None, f"It was not armed: {error}")
            refused_because(request, f"It was not armed: {error}")
        else:
            messages.warning(request, f"{simulator.title}: “{drill.title}” is ordered.")
            return redirect("console:drills")
    return _page(request, [_shown(one, bound=form) for one in registry.sources()], status=422)


@requires(RUN)
@require_POST
def call_off(request: HttpRequest, source: str, order_id: str) -> HttpResponse:
    """End one order before it has used itself up."""
    simulator = _source(source)
    form = CallOffForm(request.POST)
    if not form.is_valid():
        return _not_called_off(request, "Give a reason for calling it off.")
    try:
        simulator.call_off(order_id)
    except (NotArmed, Unreachable) as error:
        return _not_called_off(request, f"It was not called off: {error}")
    _tell("drill.called_off", simulator, order_id, form.cleaned_data["reason"], {})
    messages.success(request, "Called off. What it has done already stays done.")
    return redirect("console:drills")


def _not_called_off(request: HttpRequest, why: str) -> HttpResponse:
    refused_because(request, why)
    messages.error(request, why)
    return redirect("console:drills")


def _arm(simulator: Source, drill: Drill, form: ArmForm) -> None:
    chosen = form.settings()
    order_id = simulator.arm(drill.kind, chosen, form.times())
    _tell("drill.armed", simulator, order_id, form.cleaned_data["reason"], {"kind": drill.kind, "times": form.times(), **chosen})


def _tell(kind: str, simulator: Source, order_id: str, reason: str, metadata: dict[str, str]) -> None:
    with transaction.atomic():
        record(type=kind, resource_type="drill", resource_id=f"{simulator.name}:{order_id}", reason=reason, metadata=metadata)


def _source(name: str) -> Source:
    found = registry.source(name)
    if found is None:
        raise Http404("no such simulator")
    return found


def _shown(source: Source, bound: ArmForm | None = None) -> Shown:
    choices = [Choice.of(source, drill, bound) for drill in source.drills]
    by_kind = {drill.kind: drill for drill in source.drills}
    try:
        armed = [(order, by_kind.get(order.kind), CallOffForm(auto_id=f"off-{order.id}-%s")) for order in source.armed()]
    except Unreachable as error:
        return Shown(source, [], choices, str(error))
    return Shown(source, armed, choices)


def _page(request: HttpRequest, shown: list[Shown], status: int = 200) -> HttpResponse:
    count = sum(len(one.armed) for one in shown)
    return TemplateResponse(request, "console/drills.html", {"shown": shown, "count": count}, status=status)
