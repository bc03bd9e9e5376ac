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
    """`asked` in the order of their codes; `passed_over`: code -> why, in words; `probes`: of those asked, whose breaker finds out
    by this question; `phones`: desks that people call."""

    asked: tuple[str, ...]
    passed_over: dict[str, str]
    probes: frozenset[str] = frozenset()
    phones: tuple[str, ...] = ()


def eligible(corridor: Corridor, amount: int) -> Eligibility:
    """For `amount` minor units of the corridor's source asset. Breaker and quota are asked later, when the call is made."""
    asked, phones, passed_over = [], [], {}
    for provider in Provider.objects.filter(kind__in=QUOTING).order_by("code"):
        reason = _why_not(provider, corridor, amount)
        if reason:
            passed_over[provider.code] = reason
        elif provider.kind == Provider.Kind.MANUAL:
            phones.append(provider.code)
        else:
            asked.append(provider.code)
    return Eligibility(tuple(asked), passed_over, phones=tuple(phones))


def dealing_in(provider: Provider, corridor: Corridor) -> bool:
    """Whether it might be asked for some amount in the corridor."""
    return not _why_never(provider) and (not _has_terms(provider) or _terms(provider, corridor) is not None)


def _why_not(provider: Provider, corridor: Corridor, amount: int) -> str:
    return _why_never(provider) or _outside_terms(provider, corridor, amount)


def _why_never(provider: Provider) -> str:
    if not provider.enabled:
        return "it is switched off"
    if provider.kind != Provider.Kind.MANUAL and provider.code not in rails().desks:
        return "it is not connected: its address is not configured"
    halt = Halt.objects.filter(scope=Halt.Scope.PROVIDER, target=provider.code, lifted_at=None).first()
    return "" if halt is None else sentence_of(halt)


def _has_terms(provider: Provider) -> bool:
    return ProviderTerms.objects.filter(provider=provider).exists()


def _terms(provider: Provider, corridor: Corridor) -> ProviderTerms | None:
    return ProviderTerms.objects.filter(provider=provider, corridor=corridor, active=True).first()


def _outside_terms(provider: Provider, corridor: Corridor, amount: int) -> str:
    agreed = _terms(provider, corridor)
    if agreed is None:
        return f"it does not deal in {corridor.id}" if _has_terms(provider) else ""
    asset = unit(corridor.source_asset_id)
    if amount < agreed.min_amount:
        return f"it deals from {Money(int(agreed.min_amount), asset).format()} {asset.code}"
    if agreed.max_amount is not None and amount > agreed.max_amount:
        return f"it deals up to {Money(int(agreed.max_amount), asset).format()} {asset.code}"
    return ""
