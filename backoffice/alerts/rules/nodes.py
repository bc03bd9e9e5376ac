"""Nodes that tell different stories about a payment: nothing is decided until people have found out which of them is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from transfers.overdue import in_disagreement

_KEY = "nodes"


@dataclass(frozen=True, slots=True)
class NodesDisagree:
    """One alert, however many payments the nodes differ about."""

    name: str = "nodes disagree"

    def find(self) -> list[Finding] | None:
        about = in_disagreement()
        return [_one(about)] if about else []

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "The nodes tell one story again, or one of them was set aside." for alert in alerts}


def _one(about: Sequence[tuple[UUID, str, str]]) -> Finding:
    transfer_id, reference, words = about[0]
    more = f" It is the same with {len(about) - 1} more." if len(about) > 1 else ""
    return Finding(
        cause_key=_KEY,
        severity=Severity.CRITICAL,
        title="Two nodes contradict each other",
        detail=f"Transfer {reference}: {words.removeprefix('nodes_disagree: ')}.{more}",
        link=f"/transfers/{transfer_id}/",
        runbook="transfer-stuck-sent-on-chain",
        transfer_id=transfer_id if len(about) == 1 else None,
    )
