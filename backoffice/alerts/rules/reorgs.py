"""What the chain takes back and nobody reverses by itself: payments to a partner after the bank was told to pay out, and what only
one node says is gone, or what nobody can look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from backoffice.alerts.rules.time_in_state import ALERTS_PER_RULE
from transfers.models import Transfer
from transfers.overdue import taken_back_after_payout, taken_back_unproved, watch_broken

# A node that restarts, or is a few blocks behind, is back by then.
WAITS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AfterPayout:
    """One alert per transfer, from the moment on which it is noticed."""

    name: str = "reorged after payout"

    def find(self) -> list[Finding] | None:
        return [_one(transfer) for transfer in taken_back_after_payout(ALERTS_PER_RULE)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "Our tokens' way to the partner is final again, or people have decided." for alert in alerts}


@dataclass(frozen=True, slots=True)
class Unproved:
    """One alert per transfer of which one node alone has said for too long that its block is gone."""

    name: str = "reorg unproved"

    def find(self) -> list[Finding] | None:
        return [_doubtful(transfer) for transfer in taken_back_unproved(longer_than=WAITS, limit=ALERTS_PER_RULE)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "Every node tells one story again, or one of them was set aside." for alert in alerts}


@dataclass(frozen=True, slots=True)
class WatchBroken:
    """One alert per transfer whose block nobody can look at."""

    name: str = "watch broken"

    def find(self) -> list[Finding] | None:
        return [_unwatched(transfer) for transfer in watch_broken(ALERTS_PER_RULE)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "It is watched again, or reconciled." for alert in alerts}


def _unwatched(transfer: Transfer) -> Finding:
    return Finding(
        cause_key=str(transfer.pk),
        severity=Severity.CRITICAL,
        title=f"Nobody can see whether the block of {transfer.reference} is still there",
        detail="Looking at it breaks on our side. A reorg of it would go unnoticed: compare books and chain, and read the log.",
        link=f"/transfers/{transfer.pk}/",
        runbook="transfer-stuck-reorged",
        client_id=transfer.client_id,
        transfer_id=transfer.pk,
    )


def _doubtful(transfer: Transfer) -> Finding:
    return Finding(
        cause_key=str(transfer.pk),
        severity=Severity.CRITICAL,
        title=f"One node says that the block of {transfer.reference} is gone",
        detail="Another is silent, behind, or still shows it, so nothing is taken back. Bring it back, or set one of them aside.",
        link=f"/transfers/{transfer.pk}/",
        runbook="transfer-stuck-reorged",
        client_id=transfer.client_id,
        transfer_id=transfer.pk,
    )


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
