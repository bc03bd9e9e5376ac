"""What a decision is taken on, as plain data that can be stored and evaluated again."""

from dataclasses import dataclass, fields
from typing import Any

from approvals.policy.rules import DESTINATION_STATUSES
from approvals.policy.valuing import Valuation

__all__ = ["DESTINATION_STATUSES", "TransferFacts"]


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """`amount` in minor units of `asset_id`. `asset_exponent` only serves the wording of distances; it is filled in when the
    decision is taken, so that the stored facts give the same words for ever. `values` has the reference rate for each currency that
    a band is stated in."""

    client_id: str
    route: str
    corridor_id: str
    asset_id: str
    amount: int
    destination_kind: str
    destination_id: str
    destination_status: str
    country: str
    made_by_type: str
    asset_exponent: int | None = None
    values: tuple[Valuation, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise TypeError(f"amount takes whole minor units, not {self.amount!r}")
        if self.destination_status not in DESTINATION_STATUSES:
            raise ValueError(f"destination_status is one of {DESTINATION_STATUSES}, not {self.destination_status!r}")

    def to_json(self) -> dict[str, Any]:
        """JSON in which the amount is a decimal string: minor units outgrow JSON numbers."""
        plain = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "values"}
        valued = {"values": [value.to_json() for value in self.values]} if self.values else {}
        return plain | {"amount": str(self.amount)} | valued

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "TransferFacts":
        values = tuple(Valuation(**value) for value in stored.get("values", ()))
        return cls(**{**stored, "amount": int(stored["amount"]), "values": values})
