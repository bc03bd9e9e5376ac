"""Payments to a partner that the chain took back after the bank was told to pay out: nothing is reversed by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from backoffice.alerts.rules.time_in_state import ALERTS_PER_RULE
from transfers.models import Transfer
from transfers.overdue import taken_back_after_payout


@dataclass(frozen=True, slots=True)
class AfterPayout:
    """One alert per transfer, from the moment on which it is noticed."""

    name: str = "reorged after payout"

    def find(self) -> list[Finding] | None:
        return [_one(transfer) for transfer in taken_back_after_payout(ALERTS_PER_RULE)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "Our tokens' way to the partner is final again, or people have decided." for alert in alerts}


def _one(transfer: Transfer) -> Finding:
    return Finding(
        cause_key=str(transfer.pk),
        severity=Severity.CRITICAL,
        title=f"The chain took back what {transfer.reference} was paid out for",
        detail="The bank may have paid, so nothing is reversed. The same bytes are sent again; it ends when they are final.",
        link=f"/transfers/{transfer.pk}/",
        runbook="transfer-stuck-reorged",
        client_id=transfer.client_id,
        transfer_id=transfer.pk,
    )
