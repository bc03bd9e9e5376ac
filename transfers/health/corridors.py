"""Whom a corridor cannot do without, and which of them are out of use: then nothing new begins in it, and all others go on."""

from approvals.models import Corridor
from audit import clock
from transfers.health import breaker, states
from transfers.health.breaker import Admission
from transfers.models import Provider, ProviderState
from transfers.states import Route

NEEDED: dict[str, tuple[str, ...]] = {
    Route.ON_CHAIN_WITHDRAWAL: ("node", "signer"),
    Route.OFF_RAMP: ("node", "signer", "bank"),
}


def missing(corridor: Corridor) -> list[str]:
    """Names of the providers that new work in the corridor needs and cannot have now. Desks are no part of it: any one of those is
    enough."""
    needed = NEEDED.get(corridor.route, ())
    switched_off = Provider.objects.filter(pk__in=needed, enabled=False).values_list("name", flat=True)
    broken = ProviderState.objects.select_related("provider").filter(provider_id__in=needed).exclude(state="closed")
    now = clock.now()
    walled = [row.provider.name for row in broken if breaker.admits(states.breaker_of(row), now) == Admission.REFUSED]
    return sorted({*switched_off, *walled})
