"""What a later revision of a release asks for differently, field by field, in words."""

from dataclasses import dataclass
from typing import Any

from approvals.models import ApprovalRequest
from approvals.queries import RequestView
from backoffice.console import amounts
from transfers.commands.new_bounds import changed_since

_LABELS = {
    "min_target_amount": "Destination gets, at least",
    "max_fee": "Fee, at most",
    "max_total_debit": "Total debit, at most",
    "not_after": "Good until",
    "makers": "People who may not approve it",
}
_TARGET, _SOURCE = {"min_target_amount"}, {"max_fee", "max_total_debit"}


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: str
    after: str


def changes_of(view: RequestView) -> list[Change]:
    """Empty for a first revision."""
    request: ApprovalRequest = view.request
    if request.revision < 2:
        return []
    return [
        Change(_LABELS.get(name, name), _words(name, before, view.payload), _words(name, after, view.payload))
        for name, (before, after) in sorted(changed_since(request).items())
    ]


def _words(name: str, value: Any, payload: dict[str, Any]) -> str:
    if name in _TARGET:
        return amounts.text(int(value), payload["target_asset"])
    if name in _SOURCE:
        return amounts.text(int(value), payload["source_asset"])
    return f"{len(value)}" if isinstance(value, list) else str(value)
