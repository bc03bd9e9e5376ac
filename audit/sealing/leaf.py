"""What is hashed: the row of an event in the text form of PostgreSQL's COPY, to the byte. Leaf format of schema_version 1.

The columns, their order and the session's settings are the format: changing any of them makes every older leaf unprovable.
"""

from collections.abc import Iterator
from typing import Any

COLUMNS = (
    "id",
    "recorded_at",
    "txid",
    "cluster_epoch",
    "db_user",
    "schema_version",
    "type",
    "outcome",
    "actor_type",
    "actor_id",
    "person_id",
    "credential_id",
    "on_behalf_of",
    "correlation_id",
    "causation_id",
    "request_id",
    "resource_type",
    "resource_id",
    "transaction_id",
    "occurred_at",
    "reason",
    "diff",
    "metadata",
    "status_text",
)
# Of the columns of audit_event under the alias `e`.
SELECTED = ", ".join(f"e.{name}" for name in COLUMNS)


def fix_format(cursor: Any) -> None:
    """Make this transaction write leaves as the format wants them, whatever the role or the database prefer."""
    cursor.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL client_encoding = 'UTF8'")


def copy_rows(cursor: Any, query: str, parameters: dict[str, Any]) -> Iterator[bytes]:
    """The rows of a query in COPY's text form, without their line breaks."""
    with cursor.copy(f"COPY ({query}) TO STDOUT", parameters) as copy:
        for row in copy:
            yield bytes(row)[:-1]
