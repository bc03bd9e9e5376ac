"""How providers, corridors and reference rates stand now: what the pages show and the alerts go by."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from approvals.models import Corridor
from ledger.queries import unit
from transfers.errors import Waiting
from transfers.health import gate, window
from transfers.health.breaker import State
from transfers.health.corridors import NEEDED, everybody, missing
from transfers.health.window import Counted
from transfers.models import Provider, ProviderState, RateSheet, RateSource
from transfers.pricing.eligible import QUOTING, dealing_in
from transfers.pricing.offers import plain
from transfers.pricing.reference import Reference, is_stale, reference
from transfers.rails.adapters import Kind
from transfers.rails.registry import rails
from transfers.rates import used
from transfers.states import Route

LATELY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Standing:
    """`lately` are its calls of the last 15 minutes; `quota_used` of `provider.calls_at_once` right now, None without a quota."""

    provider: Provider
    state: ProviderState | None
    lately: Counted
    quota_used: int | None

    @property
    def is_out(self) -> bool:
        return not self.provider.enabled or (self.state is not None and self.state.state != State.CLOSED)


@dataclass(frozen=True, slots=True)
class Lane:
    """A corridor, whom it lacks, and the desks that could price it now (None where none is needed, or none was ever connected)."""

    corridor: Corridor
    missing: list[str]
    desks: list[str] | None

    @property
    def is_walled_off(self) -> bool:
        return bool(self.missing) or self.desks == []


@dataclass(frozen=True, slots=True)
class Needed:
    """A reference rate that an active corridor cannot do without; `why` says why there is none."""

    corridor: Corridor
    source: str
    target: str
    found: Reference | None
    why: str

    @property
    def rate_text(self) -> str:
        return f"{plain(self.found.rate, 6):f}" if self.found else ""


@dataclass(frozen=True, slots=True)
class Published:
    source: RateSource
    sheet: RateSheet | None
    is_stale: bool


def standings() -> list[Standing]:
    """Every provider, by name; a second node only where there is one."""
    lately = window.since(LATELY)
    states = {state.provider_id: state for state in ProviderState.objects.all()}
    nodes = everybody(Kind.CHAIN)
    known = Provider.objects.filter(Q(pk__in=nodes) | ~Q(kind=Provider.Kind.CHAIN)).order_by("name")
    return [_standing(provider, states, lately) for provider in known]


def standing(code: str) -> Standing | None:
    provider = Provider.objects.filter(pk=code).first()
    if provider is None:
        return None
    states = {state.provider_id: state for state in ProviderState.objects.filter(provider=provider)}
    return _standing(provider, states, window.since(LATELY, code))


def out_of_use() -> int:
    return sum(one.is_out for one in standings())


def lanes() -> list[Lane]:
    """Every active corridor that needs somebody outside."""
    out = {one.provider.code for one in standings() if one.is_out}
    return [_lane(corridor, out) for corridor in Corridor.objects.filter(active=True).order_by("id") if corridor.route in NEEDED]


def needed_rates() -> list[Needed]:
    """One for each active corridor that converts."""
    return [_needed(corridor) for corridor in Corridor.objects.filter(active=True, route=Route.OFF_RAMP).order_by("id")]


def published() -> list[Published]:
    """Each source in the order in which it is asked, with the newest it has said."""
    found = []
    for source in RateSource.objects.filter(active=True).order_by("priority", "code"):
        sheet = RateSheet.objects.filter(source=source).order_by("-observed_at").first()
        found.append(Published(source, sheet, is_stale(sheet, source) if sheet else True))
    return found


def _standing(provider: Provider, states: dict[str, ProviderState], lately: dict[str, Counted]) -> Standing:
    rate = gate.rate_of(provider)
    spent = used(gate.quota_key(provider.code), rate) if rate else None
    return Standing(provider, states.get(provider.code), lately.get(provider.code, Counted()), spent)


def _lane(corridor: Corridor, out: set[str]) -> Lane:
    desks = None
    if corridor.route == Route.OFF_RAMP and rails().desks:
        asked = Provider.objects.filter(kind__in=QUOTING).order_by("code")
        desks = [desk.name for desk in asked if desk.code not in out and dealing_in(desk, corridor)]
    return Lane(corridor, missing(corridor), desks)


def _needed(corridor: Corridor) -> Needed:
    source, target = unit(corridor.source_asset_id).code, unit(corridor.target_asset_id).code
    try:
        return Needed(corridor, source, target, reference(source, target), "")
    except Waiting as waiting:
        return Needed(corridor, source, target, None, str(waiting))
