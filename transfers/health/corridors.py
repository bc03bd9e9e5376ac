"""Whom a corridor cannot do without, and which of them are out of use: then nothing new begins in it, and all others go on."""

from approvals.models import Corridor
from audit import clock
from transfers.health import breaker, states
from transfers.health.breaker import Admission
from transfers.models import Provider, ProviderState
from transfers.rails.registry import NODES, rails
from transfers.states import Route

NEEDED: dict[str, tuple[str, ...]] = {
    Route.ON_CHAIN_WITHDRAWAL: ("node", "signer"),
    Route.OFF_RAMP: ("node", "signer", "bank"),
}


def missing(corridor: Corridor) -> list[str]:
    """Names of the providers that new work in the corridor needs and cannot have now. Of several nodes any one is enough; desks are
    no part of it, for the same reason."""
    needed = NEEDED.get(corridor.route, ())
    nodes = set(rails().settings.nodes or NODES[:1]) if NODES[0] in needed else set()
    out = _out_of_use(nodes.union(needed))
    enough = nodes if nodes - out.keys() else set()
    return sorted(name for code, name in out.items() if code not in enough)


def _out_of_use(codes: set[str]) -> dict[str, str]:
    """Code and name of those that nothing new may be asked of."""
    switched_off = Provider.objects.filter(pk__in=codes, enabled=False).values_list("code", "name")
    broken = ProviderState.objects.select_related("provider").filter(provider_id__in=codes).exclude(state="closed")
    now = clock.now()
    walled = [row.provider for row in broken if breaker.admits(states.breaker_of(row), now) == Admission.REFUSED]
    return dict(switched_off) | {provider.code: provider.name for provider in walled}
