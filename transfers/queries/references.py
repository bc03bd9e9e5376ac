"""Every name that the outside has for transfers.

Attempts of a payment share a nonce, so a transfer may have several hashes, of which at most one is ever in a block. Once one is,
the others are told as what they became.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from transfers.models import ChainTransaction, ExternalReference

TX_HASH, REPLACED, CANCELLING = "tx_hash", "replaced_tx_hash", "cancelling_tx_hash"


@dataclass(frozen=True, slots=True)
class OutsideName:
    transfer_id: UUID
    kind: str
    value: str


def outside_names(ids: Sequence[UUID]) -> list[OutsideName]:
    """In the order we heard of them; two queries for any number."""
    rows = ExternalReference.objects.filter(transfer_id__in=ids).order_by("recorded_at", "id")
    found = [OutsideName(*row) for row in rows.values_list("transfer_id", "kind", "value")]
    kinds = _kinds_of([name.value for name in found if name.kind == TX_HASH])
    return [OutsideName(name.transfer_id, kinds.get(name.value, name.kind), name.value) for name in found]


def _kinds_of(hashes: Sequence[str]) -> dict[str, str]:
    """Of those that we signed. A hash that paid us is nobody's attempt here."""
    if not hashes:
        return {}
    attempts = list(ChainTransaction.objects.filter(pk__in=hashes).only("leg_id", "purpose", "block_number"))
    mined_legs = {attempt.leg_id for attempt in attempts if attempt.block_number is not None}
    return {attempt.pk: _kind(attempt, mined_legs) for attempt in attempts}


def _kind(attempt: ChainTransaction, mined_legs: set[UUID]) -> str:
    if attempt.block_number is None and attempt.leg_id in mined_legs:
        return REPLACED
    return CANCELLING if attempt.purpose == ChainTransaction.Purpose.CANCEL else TX_HASH
