"""Whom a corridor cannot do without, and which of them are out of use: then nothing new begins in it, and all others go on."""

from collections.abc import Iterable

from approvals.models import Corridor
from audit import clock
from transfers.health import breaker, states
from transfers.health.breaker import Admission
from transfers.models import BankAccount, Provider, ProviderState
from transfers.rails.adapters import Kind
from transfers.rails.registry import codes_of
from transfers.states import Route

NEEDED: dict[str, tuple[Kind, ...]] = {
    Route.ON_CHAIN_WITHDRAWAL: (Kind.CHAIN, Kind.SIGNER),
    Route.OFF_RAMP: (Kind.CHAIN, Kind.SIGNER, Kind.BANK),
}
# Who is there before anybody is connected.
_FIRST = {Kind.CHAIN: "node", Kind.SIGNER: "signer"}


def missing(corridor: Corridor) -> list[str]:
    """Names of the providers that new work in the corridor needs and cannot have now. Of several of one kind (nodes; the banks
    of our accounts in the currency that is paid out) any one is enough; desks are no part of it, for the same reason."""
    groups = [_of(kind, corridor) for kind in NEEDED.get(corridor.route, ())]
    out = out_of_use(set().union(*groups))
    return sorted({name for group in groups if group and group <= out.keys() for name in (out[code] for code in group)})


def out_of_use(codes: Iterable[str]) -> dict[str, str]:
    """Code and name of those that nothing new may be asked of."""
    asked = set(codes)
    switched_off = Provider.objects.filter(pk__in=asked, enabled=False).values_list("code", "name")
    broken = ProviderState.objects.select_related("provider").filter(provider_id__in=asked).exclude(state="closed")
    now = clock.now()
    walled = [row.provider for row in broken if breaker.admits(states.breaker_of(row), now) == Admission.REFUSED]
    return dict(switched_off) | {provider.code: provider.name for provider in walled}


def everybody(kind: Kind) -> set[str]:
    """Codes of those connected; of the one that there always is, while nobody is."""
    return set(codes_of(kind)) or {_FIRST[kind]}


def _of(kind: Kind, corridor: Corridor) -> set[str]:
    if kind == Kind.BANK:
        return set(BankAccount.objects.filter(asset_id=corridor.target_asset_id).values_list("provider", flat=True))
    return everybody(kind)
