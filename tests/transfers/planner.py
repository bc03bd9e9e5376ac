"""What the planner is made to believe where a test looks at plans: tables of which nobody has ever counted the rows."""

from django.db import connection

_FORGET = (
    "UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE oid >= 16384 AND relkind IN ('r', 'i')",
    "DELETE FROM pg_statistic WHERE starelid >= 16384",
)


def as_over_a_long_past() -> None:
    """For the rest of the transaction: what other tests left, and autovacuum counted, says nothing; no table is read whole if there
    is another way."""
    with connection.cursor() as cursor:
        for statement in (*_FORGET, "SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off"):
            cursor.execute(statement)
