"""Versions of configuration rows, kept by simple-history: who made each, why, and in which conversation.

The account is a string taken from the audit context: a foreign key to operators would point up the house. Saving a configuration
row outside a bound context fails, as recording an audit event does.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from audit import context
from audit.identity import new_id


def conversation() -> str:
    """The conversation in which the version is made; the same stands on the audit events beside it."""
    bound = context.bound()
    return bound.correlation_id if bound else ""


def request() -> str:
    bound = context.bound()
    return bound.request_id if bound else ""


class Version(models.Model):
    """What stands on every version beside the row itself. Versions older than these columns have them empty."""

    correlation_id = models.TextField(default=conversation)
    request_id = models.TextField(default=request)

    class Meta:
        abstract = True


class Versioned(models.Model):
    """A configuration row. A command that is given a reason sets `change_reason` before it saves."""

    change_reason = ""

    class Meta:
        abstract = True


class _Versions(HistoricalRecords):  # type: ignore[misc]
    def get_change_reason_for_object(self, instance: Any, history_type: str, using: str | None) -> str:  # noqa: ARG002
        return str(instance.change_reason)


def _acting_account(**_: Any) -> str:
    return context.current().actor.id


def _get_account(version: Any) -> str:
    return str(version.history_user_id)


def _set_account(version: Any, account: str) -> None:
    version.history_user_id = account


def versions(*, leaves_out: Sequence[str] = ()) -> HistoricalRecords:
    """A `history` for one configuration model: every save leaves the whole row, append-only in the database.

    `leaves_out` are fields that are no configuration: counters and marks that machines move.
    """
    return _Versions(
        excluded_fields=list(leaves_out),
        bases=(Version,),
        history_id_field=models.UUIDField(default=new_id),
        history_change_reason_field=models.TextField(null=True),
        history_user_id_field=models.TextField(),
        get_user=_acting_account,
        history_user_getter=_get_account,
        history_user_setter=_set_account,
    )
