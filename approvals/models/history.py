"""Versions of configuration rows, kept by simple-history, each with the account that made it.

The account is a string taken from the audit context: a foreign key to operators would point up the house. Saving a configuration
row outside a bound context fails, as recording an audit event does.
"""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from audit import context
from audit.identity import new_id


def _acting_account(**_: Any) -> str:
    return context.current().actor.id


def _get_account(version: Any) -> str:
    return str(version.history_user_id)


def _set_account(version: Any, account: str) -> None:
    version.history_user_id = account


def versions() -> HistoricalRecords:
    """A `history` for one configuration model: every save leaves the whole row, append-only in the database."""
    return HistoricalRecords(
        history_id_field=models.UUIDField(default=new_id),
        history_user_id_field=models.TextField(),
        get_user=_acting_account,
        history_user_getter=_get_account,
        history_user_setter=_set_account,
    )
