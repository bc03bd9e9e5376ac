"""Whether the trail is complete: every version of every row that holds money state has its event.

Each floor registers, per table, a query that counts the versions of its rows beside the events that tell them, or says why a table
holds no money state. A test demands one of the two of every table there is. Floor 1 knows no business word: tables and event types
are named by strings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

# Of a table that is wrong everywhere, more would help nobody.
MOST_FINDINGS = 1_000
_DISAGREE = """
    SELECT key, coalesce(versions, 0), coalesce(events, 0)
      FROM ({counted}) AS counted
     WHERE coalesce(versions, 0) <> coalesce(events, 0)
     ORDER BY key LIMIT {most}
"""
_BESIDE = """
    SELECT key, kept.versions, told.events, coalesce(kept.since, told.since) AS since
      FROM ({rows}) AS kept FULL JOIN ({events}) AS told USING (key)
"""
_ROWS = "SELECT ({key})::text AS key, {versions} AS versions, {since} AS since FROM {table} AS kept"
_BY_RESOURCE = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_trail
     WHERE resource_type = '{resource_type}' AND type IN ({types}) AND outcome = 'succeeded' GROUP BY resource_id
"""
_BY_FACT = """
    SELECT ({fact})::text AS key, count(*) AS events, min(recorded_at) AS since FROM audit_trail
     WHERE type IN ({types}) AND outcome = 'succeeded' GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Of row `key` of `table`, the trail tells `events` of the `versions` that there were. A row that was deleted has none left."""

    table: str
    key: str
    versions: int
    events: int

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.versions} versions, {self.events} events"


_counted: dict[str, str] = {}
_exempt: dict[str, str] = {}


def covered(table: str, counted: str) -> None:
    """`counted` is a statement with the columns key, versions and events, of which null is zero, and since: when the row began."""
    _counted[table] = counted


def exempt(reason: str, *tables: str) -> None:
    """These tables hold no money state, because of `reason`: it completes the sentence."""
    _exempt.update(dict.fromkeys(tables, reason))


def tables() -> dict[str, str | None]:
    """Every table that somebody answers for, with the reason of those that hold no money state."""
    return {**dict.fromkeys(_counted), **_exempt}


def findings() -> Iterator[Gap]:
    """Ask every table, one statement each; at most MOST_FINDINGS of each. Reads whole tables: not for every minute."""
    for table, counted in _counted.items():
        with connection.cursor() as cursor:
            cursor.execute(_DISAGREE.format(counted=counted, most=MOST_FINDINGS))
            for key, versions, events in cursor.fetchall():
                yield Gap(table, key, versions, events)


def by_resource(
    table: str, *, resource_type: str, types: Sequence[str], since: str, key: str = "kept.id", versions: str = "1"
) -> str:
    """Rows whose events name them as the resource. `key`, `versions` and `since` are SQL over the row, called `kept`; a row that
    keeps no time has since `null::timestamptz`."""
    return beside(_ROWS.format(table=table, key=key, versions=versions, since=since), told(resource_type, types))


def by_fact(table: str, *, fact: str, types: Sequence[str], since: str, key: str = "kept.id", versions: str = "1") -> str:
    """Rows whose events name them in a fact, such as `metadata->>'vote'`."""
    rows = _ROWS.format(table=table, key=key, versions=versions, since=since)
    return beside(rows, _BY_FACT.format(fact=fact, types=_listed(types)))


def beside(rows: str, events: str) -> str:
    """Two statements side by side: of key, versions and since, and of key, events and since."""
    return _BESIDE.format(rows=rows, events=events)


def told(resource_type: str, types: Sequence[str]) -> str:
    """A statement of key, events and since: how often each resource is told of."""
    return _BY_RESOURCE.format(resource_type=resource_type, types=_listed(types))


def _listed(types: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in types)
