"""Looking at a time of our choosing, at transfers in states of our choosing."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from audit import clock
from backoffice.alerts import checks
from backoffice.alerts.models import Alert
from transfers.commands.deadlines import deadline
from transfers.models import Transfer
from transfers.states import Status


def in_state(transfer: Transfer, status: str, since: datetime, **columns: Any) -> None:
    """As if the machine had taken it there: the triggers that guard moves are off for this one statement."""
    with connection.cursor() as cursor:
        # What is still to be checked at the commit is checked now, for it keeps the table from being altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE transfers_transfer DISABLE TRIGGER USER")
        transfer.route = columns.get("route", transfer.route)
        columns.setdefault("deadline_at", deadline(transfer, Status(status), since))
        Transfer.objects.filter(pk=transfer.pk).update(status=status, state_entered_at=since, **columns)
        cursor.execute("ALTER TABLE transfers_transfer ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def later(**span: float) -> Any:
    moment = clock.now() + timedelta(**span)
    return clock.using(lambda: moment)


def opened(**span: float) -> list[tuple[str, str]]:
    """Look after this much time; rule and runbook of what is open then."""
    with later(**span):
        checks.look()
    return sorted(Alert.objects.filter(resolved_at=None).values_list("rule", "runbook"))
