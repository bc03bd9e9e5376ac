"""Who is asked for a price, and for those who are not, why. Everything here reads the database; nothing calls anybody."""

from dataclasses import dataclass

from approvals.models import Corridor, Halt
from approvals.queries.halts import sentence_of
from ledger.money import Money
from ledger.queries import unit
from transfers.models import Provider, ProviderTerms
from transfers.rails.registry import rails

QUOTING = (Provider.Kind.DESK, Provider.Kind.MANUAL)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """`asked` in the order of their codes; `passed_over`: code -> why, in words."""

    asked: tuple[str, ...]
    passed_over: dict[str, str]


def eligible(corridor: Corridor, amount: int) -> Eligibility:
    """For `amount` minor units of the corridor's source asset. Breaker and quota are asked later, when the call is made."""
    asked, passed_over = [], {}
    for provider in Provider.objects.filter(kind__in=QUOTING).order_by("code"):
        reason = _why_not(provider, corridor, amount)
        if reason:
            passed_over[provider.code] = reason
        else:
            asked.append(provider.code)
    return Eligibility(tuple(asked), passed_over)


def _why_not(provider: Provider, corridor: Corridor, amount: int) -> str:
    if not provider.enabled:
        return "it is switched off"
    if provider.code not in rails().desks:
        return "it is not connected: its address is not configured"
    halt = Halt.objects.filter(scope=Halt.Scope.PROVIDER, target=provider.code, lifted_at=None).first()
    if halt is not None:
        return sentence_of(halt)
    return _outside_terms(provider, corridor, amount)


def _outside_terms(provider: Provider, corridor: Corridor, amount: int) -> str:
    terms = {found.corridor_id: found for found in ProviderTerms.objects.filter(provider=provider, active=True)}
    if not terms and not ProviderTerms.objects.filter(provider=provider).exists():
        return ""
    agreed = terms.get(corridor.id)
    if agreed is None:
        return f"it does not deal in {corridor.id}"
    asset = unit(corridor.source_asset_id)
    if amount < agreed.min_amount:
        return f"it deals from {Money(int(agreed.min_amount), asset).format()} {asset.code}"
    if agreed.max_amount is not None and amount > agreed.max_amount:
        return f"it deals up to {Money(int(agreed.max_amount), asset).format()} {asset.code}"
    return ""
