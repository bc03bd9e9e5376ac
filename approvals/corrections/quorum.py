"""How many people a correction needs: one, or two for what cannot be had back by another correction, or is large."""

from typing import Any

from django.conf import settings

from approvals.corrections.payload import WRITE_OFF, totals
from ledger.money import Money
from ledger.queries import unit

ROLE = "approver"


def quorum_for(payload: dict[str, Any]) -> int:
    """Two for a write-off, for one that may take a client below zero, and from CORRECTION_TWO_APPROVERS_FROM on, which says the
    amount per asset code in major units. An asset that it does not name needs two."""
    if payload["verb"] == WRITE_OFF or payload["forced_kind"]:
        return 2
    return 2 if any(_is_large(asset_id, amount) for asset_id, amount in totals(payload).items()) else 1


def _is_large(asset_id: str, amount: int) -> bool:
    asset = unit(asset_id)
    limit: str | None = settings.CORRECTION_TWO_APPROVERS_FROM.get(asset.code)
    return limit is None or amount >= Money.parse(limit, asset).minor
