"""A wallet whose earliest transaction does not get into a block: nothing behind it can, however much it bids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from audit import clock
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from transfers.commands.nonces import Earliest, earliest
from transfers.models import Wallet
from transfers.states import Status

STUCK_AFTER = timedelta(minutes=5)
_RUNBOOK = "transfer-stuck-sent-on-chain"


@dataclass(frozen=True, slots=True)
class StuckNonces:
    """One alert per wallet and nonce, for as long as that nonce is the first that is open."""

    name: str = "nonce stuck"

    def find(self) -> list[Finding] | None:
        codes = Wallet.objects.filter(purpose=Wallet.Purpose.HOT).order_by("code").values_list("code", flat=True)
        waiting = [first for code in codes if (first := earliest(code)) is not None]
        return [_one(first) for first in waiting if first.since < clock.now() - STUCK_AFTER]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: "Its nonce is used by now; the wallet goes on." for alert in alerts}


def _one(first: Earliest) -> Finding:
    behind = f"{first.behind} later payment{'s' if first.behind != 1 else ''} of the wallet wait for it." if first.behind else ""
    stopped = f" It is stopped: {first.stopped_by}" if first.stopped_by else ""
    return Finding(
        cause_key=f"{first.wallet}:{first.nonce}",
        severity=Severity.CRITICAL if first.behind else Severity.WARNING,
        title=f"Wallet {first.wallet} has been waiting for nonce {first.nonce} since {first.since:%H:%M} UTC",
        detail=f"Transfer {first.reference} is {Status(first.status).quoted}. {behind}{stopped}".strip(),
        link=f"/transfers/{first.transfer_id}/",
        runbook=_RUNBOOK,
        client_id=first.client_id,
        transfer_id=first.transfer_id,
    )
