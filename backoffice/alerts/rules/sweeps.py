"""Deposit addresses from which nothing could be brought to the hot wallet."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from ledger.money import Money
from ledger.queries import unit
from transfers.commands.sweeping.balances import OnAddress, minimum_of, on_addresses
from transfers.states import Status

_LOOKED_AT = 200
_CAME_TO_NOTHING = (Status.FAILED, Status.EXPIRED)


@dataclass(frozen=True, slots=True)
class FailedSweeps:
    """One alert per asset, for as long as the last sweep of an address that is worth sweeping came to nothing."""

    name: str = "failed sweeps"

    def find(self) -> list[Finding] | None:
        if not settings.DEPOSIT_SWEEPS:
            return []
        failed: dict[str, list[OnAddress]] = defaultdict(list)
        for one in on_addresses(limit=_LOOKED_AT):
            minimum = minimum_of(one.asset_id)
            if one.last_status in _CAME_TO_NOTHING and minimum is not None and one.ready >= minimum:
                failed[one.asset_id].append(one)
        return [_finding(asset_id, some) for asset_id, some in sorted(failed.items())]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "Every address that is worth sweeping was swept, or is being swept again." for alert in alerts}


def _finding(asset_id: str, failed: Sequence[OnAddress]) -> Finding:
    asset, latest = unit(asset_id), failed[0]
    waiting = Money(sum(one.ready for one in failed), asset).format()
    why = f" ({latest.last_failure})" if latest.last_failure else ""
    where = "1 deposit address" if len(failed) == 1 else f"{len(failed)} deposit addresses"
    return Finding(
        cause_key=asset_id,
        severity=Severity.WARNING,
        title=f"{waiting} {asset.code} on {where} could not be brought to the hot wallet",
        detail=f"Transfer {latest.last_reference} ended as {Status(latest.last_status).words}{why}. The tokens are still there.",
        link=reverse("console:sweeps"),
        runbook="deposit-sweep",
    )
