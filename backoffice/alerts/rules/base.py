"""The shape of a rule and of what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from backoffice.alerts.models import Alert

Severity = Alert.Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause that lasts. `cause_key` names it for as long as it does, so that looking again finds the same alert."""

    cause_key: str
    severity: Severity
    title: str
    detail: str
    link: str
    runbook: str
    client_id: str = ""
    transfer_id: UUID | None = None


class Rule(Protocol):
    @property
    def name(self) -> str:
        """Stable; part of the alert's identity."""

    def find(self) -> list[Finding] | None:
        """Every cause that lasts now, at most a screenful. None when it cannot tell yet: then nothing opens or resolves."""

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        """For alerts whose cause was not found any more: why, in a sentence, by alert id."""
