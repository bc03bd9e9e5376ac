"""Legs as the matcher needs them: what was sent where, under which names the outside knows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from transfers.models import ExternalReference, Leg
from transfers.states import RequestState, Status


@dataclass(frozen=True, slots=True)
class LegFacts:
    """`amount` in minor units of `asset_id`; `references` maps a kind (tx_hash, end_to_end_id ...) to its values."""

    transfer_id: UUID
    transfer_status: str
    reference: str
    rail: str
    direction: str
    asset_id: str
    amount: int
    account_code: str
    counterparty: dict[str, str]
    references: dict[str, tuple[str, ...]]


def legs_to_match() -> list[LegFacts]:
    """Legs that were sent and wait for evidence from outside."""
    sent = Leg.objects.exclude(request_state=RequestState.RECEIVED).filter(
        transfer__status__in=[Status.SENT_ON_CHAIN, Status.CONFIRMED, Status.FIAT_SETTLED], evidence_state="journaled"
    )
    return _facts(sent.select_related("transfer").prefetch_related("external_references").order_by("created_at"))


def find_leg(kind: str, value: str) -> LegFacts | None:
    """The leg that the outside knows by this name, in any state; None when there is none."""
    named = ExternalReference.objects.filter(kind=kind, value=value, leg__isnull=False).values("leg_id")
    found = _facts(Leg.objects.filter(pk__in=named).select_related("transfer").prefetch_related("external_references")[:1])
    return found[0] if found else None


def _facts(legs: Iterable[Leg]) -> list[LegFacts]:
    return [
        LegFacts(
            transfer_id=leg.transfer_id,
            transfer_status=leg.transfer.status,
            reference=leg.reference,
            rail=leg.rail,
            direction=leg.direction,
            asset_id=leg.asset_id,
            amount=int(leg.amount),
            account_code=leg.account_code,
            counterparty=leg.counterparty,
            references=_references(leg),
        )
        for leg in legs
    ]


def _references(leg: Leg) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for reference in leg.external_references.all():
        found[reference.kind] = (*found.get(reference.kind, ()), reference.value)
    return found
