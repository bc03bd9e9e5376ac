"""Who we deal with and on what terms."""

from typing import Any

from django.db import transaction

from approvals.models import Corridor
from audit.commands import record
from transfers.errors import NotFound, Refused
from transfers.health import breaker, states
from transfers.models import Provider, ProviderTerms

ADDED = "provider.added"
TERMS_SET = "provider.terms_set"
SWITCHED = "provider.switched"
PROVIDER_TYPES = (ADDED, TERMS_SET, SWITCHED)


@transaction.atomic
def add_provider(*, code: str, name: str, kind: str, **numbers: int) -> Provider:
    """Take on a counterpart; `numbers` are those of its quota and breaker. Repeating it with the same name and kind is a no-op.
    Raises Refused when another one has the code."""
    known = Provider.objects.filter(pk=code).first()
    if known is not None:
        if (known.name, known.kind) != (name, kind):
            raise Refused("invalid_request", f"There is a provider {code} already, which is another one.")
        return known
    provider = Provider(code=code, name=name, kind=Provider.Kind(kind), **numbers)
    provider.save(force_insert=True)
    record(type=ADDED, resource_type="provider", resource_id=code, metadata={"name": name, "kind": kind, **numbers})
    return provider


@transaction.atomic
def set_terms(
    *, provider: str, corridor: str, min_amount: int = 0, max_amount: int | None = None, active: bool = True, reason: str = ""
) -> ProviderTerms:
    """A corridor that the provider deals in, between two amounts in minor units of its source asset. Raises NotFound."""
    of = find(provider)
    if not Corridor.objects.filter(pk=corridor).exists():
        raise NotFound(f"There is no corridor {corridor}.")
    terms = ProviderTerms.objects.select_for_update().filter(provider=of, corridor_id=corridor).first()
    before = _told(terms) if terms else {}
    terms = terms or ProviderTerms(provider=of, corridor_id=corridor)
    terms.min_amount, terms.max_amount, terms.active = min_amount, max_amount, active
    after = _told(terms)
    if before == after:
        return terms
    terms.change_reason = reason
    terms.save()
    diff = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    record(
        type=TERMS_SET,
        resource_type="provider",
        resource_id=provider,
        reason=reason,
        diff=diff,
        metadata={"corridor": corridor},
    )
    return terms


@transaction.atomic
def switch_provider(*, code: str, enabled: bool, reason: str) -> Provider:
    """Use it, or no longer ask it for new work. What it was sent is tracked on. Raises NotFound, Refused without a reason."""
    _why(reason)
    find(code)
    provider = Provider.objects.select_for_update().get(pk=code)
    if provider.enabled != enabled:
        provider.enabled, provider.change_reason = enabled, reason
        provider.save(update_fields=["enabled"])
        diff = {"enabled": [not enabled, enabled]}
        record(type=SWITCHED, resource_type="provider", resource_id=code, reason=reason, diff=diff)
    return provider


@transaction.atomic
def take_out(*, code: str, reason: str) -> None:
    """Open the breaker by hand: no new work until somebody puts the provider back. Raises NotFound, Refused without a reason."""
    _why(reason)
    find(code)
    state = states.locked(code)
    before = states.breaker_of(state)
    states.change(state, before, breaker.opened_by_hand(before), reason=reason.strip())


@transaction.atomic
def put_back(*, code: str, reason: str) -> None:
    """Close the breaker, whoever or whatever opened it. Raises NotFound, Refused without a reason."""
    _why(reason)
    find(code)
    state = states.locked(code)
    states.change(state, states.breaker_of(state), breaker.closed_by_hand(), reason=reason.strip())


def _why(reason: str) -> None:
    if not reason.strip():
        raise Refused("invalid_request", "Say why.", {"reason": "Say why."})


def find(code: str) -> Provider:
    """Raises NotFound."""
    provider = Provider.objects.filter(pk=code).first()
    if provider is None:
        raise NotFound(f"There is no provider {code}.")
    return provider


def nodes_set_aside() -> frozenset[str]:
    """Nodes that somebody has switched off: their word counts for nothing, and nothing is sent through them."""
    off = Provider.objects.filter(kind=Provider.Kind.CHAIN, enabled=False)
    return frozenset(off.values_list("code", flat=True))


def _told(terms: ProviderTerms) -> dict[str, Any]:
    highest = None if terms.max_amount is None else str(terms.max_amount)
    return {"min_amount": str(terms.min_amount), "max_amount": highest, "active": terms.active}
