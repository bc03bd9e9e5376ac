"""Ending what nobody decided in time. The driver's timers call this; every request has its deadline on its row."""

from uuid import UUID

from django.db import transaction

from approvals import registry
from approvals.commands.requests import expire_request
from approvals.errors import NotPending
from approvals.queries.requests import overdue_requests


def expire_due(limit: int = 100) -> int:
    """Expire up to `limit` overdue requests, each in its own transaction, and return how many this call expired.

    One that fails does not keep the others waiting; the failures are raised together at the end.
    """
    expired, failures = 0, []
    for request_id, action in overdue_requests(limit):
        try:
            _expire(request_id, action)
        except NotPending:
            continue  # Somebody decided or expired it since we looked.
        except Exception as error:  # noqa: BLE001 - raised below, after the others had their turn
            failures.append(error)
        else:
            expired += 1
    if failures:
        raise ExceptionGroup(f"{len(failures)} overdue requests could not be expired", failures)
    return expired


def _expire(request_id: UUID, action_name: str) -> None:
    action = registry.get(action_name)
    if action.expire is not None:
        action.expire(request_id)
        return
    with transaction.atomic():
        request = expire_request(request_id)
        if action.on_final is not None:
            action.on_final(request)
