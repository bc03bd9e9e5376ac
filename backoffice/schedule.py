"""What beat sends, by dotted task name: every entry is a look for due work that changes nothing when there is none."""

from typing import Any


def _every(seconds: float, task: str) -> dict[str, Any]:
    """A hint that was not taken before the next one is due has nothing left to say, hence `expires`."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds * 3, 5.0)}}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Periods in seconds."""
    return {
        "drive due transfers": _every(2.0, "transfers.tasks.drive_due"),
        "reference rates": _every(15.0, "transfers.tasks.fetch_rates"),
        "watch deposits": _every(3.0, "transfers.tasks.watch_deposits"),
        "sweep deposits": _every(60.0, "transfers.tasks.sweep_deposits"),
        "call payouts back": _every(3.0, "transfers.tasks.call_back"),
        "watch the chain": _every(2.0, "transfers.tasks.watch_chain"),
        "carry out files": _every(2.0, "transfers.tasks.carry_out_bulk"),
        "reconcile": _every(5.0, "reconciliation.tasks.reconcile"),
        "read balances": _every(20.0, "reconciliation.tasks.read_balances"),
        "check health": _every(5.0, "transfers.tasks.check_health"),
        "check alerts": _every(15.0, "backoffice.alerts.tasks.check"),
        "beat is alive": _every(5.0, "backoffice.health.tasks.sign_for_beat"),
        "keep house": _every(60.0, "backoffice.health.tasks.keep_house"),
    }
