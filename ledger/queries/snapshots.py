"""Snapshots that were taken: the list, the bytes, and whether the books still say the same."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ledger.errors import LedgerError
from ledger.queries.rows import select
from ledger.queries.times import TimeBasis
from ledger.snapshots.asked import Question, SnapshotKind
from ledger.snapshots.content import answer

MAX_PAGE = 500
_COLUMNS = "id, kind, basis, at, known_at, parameters, length(content) AS size, encode(sha256, 'hex') AS sha256, taken_at, taken_by"
_LIST = """
    SELECT {columns} FROM ledger_snapshot
     WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(before)s::uuid IS NULL OR id < %(before)s)
     ORDER BY id DESC LIMIT %(limit)s
"""
_TOLD = """
    SELECT metadata->>'sha256' AS sha256 FROM audit_trail
     WHERE resource_type = 'snapshot' AND resource_id = %(id)s AND type = 'ledger.snapshot_taken'
"""
_ONE = "SELECT {columns} FROM ledger_snapshot WHERE id = %(id)s"


class UnknownSnapshot(LookupError):
    """No snapshot of that id was taken."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`size` is in bytes, `sha256` in hexadecimal."""

    id: UUID
    asked: Question
    size: int
    sha256: str
    taken_at: datetime
    taken_by: str

    @property
    def file_name(self) -> str:
        return f"{self.asked.kind}-{self.asked.at:%Y%m%dT%H%M%SZ}-{self.sha256[:12]}.json"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`holds` is None when it could not be checked; `message` says why not, or what differs."""

    snapshot: Snapshot
    holds: bool | None
    message: str


def snapshots(*, kind: SnapshotKind | None = None, before: UUID | None = None, limit: int = 50) -> list[Snapshot]:
    """The newest first; those taken before snapshot `before` on the pages after the first."""
    parameters = {"kind": kind and kind.value, "before": before, "limit": max(1, min(limit, MAX_PAGE))}
    return [_snapshot(row) for row in select(_LIST.format(columns=_COLUMNS), parameters)]


def snapshot(snapshot_id: UUID) -> Snapshot:
    """Raises UnknownSnapshot."""
    return _snapshot(_one(_COLUMNS, snapshot_id))


def snapshot_bytes(snapshot_id: UUID) -> bytes:
    """The bytes as they were taken. Raises UnknownSnapshot."""
    return bytes(_one("content", snapshot_id)["content"])


def verify_snapshot(snapshot_id: UUID) -> Verdict:
    """Whether the stored bytes have their hash, the audit trail tells of that hash, and the books say the same bytes now. Raises
    UnknownSnapshot."""
    kept, content = snapshot(snapshot_id), snapshot_bytes(snapshot_id)
    if hashlib.sha256(content).hexdigest() != kept.sha256:
        return Verdict(kept, holds=False, message="the stored bytes are not those of the stored hash")
    told = select(_TOLD, {"id": str(snapshot_id)})
    if any(row["sha256"] != kept.sha256 for row in told):
        return Verdict(kept, holds=False, message=f"the audit trail tells that {told[0]['sha256']} was kept: it was replaced")
    try:
        now = answer(kept.asked)
    except LedgerError as error:
        said = "they are what the audit trail tells" if told else "the audit trail of that time is archived"
        return Verdict(kept, holds=None, message=f"could not be reckoned anew, {said}: {error}")
    if now.data != content:
        return Verdict(kept, holds=False, message=f"the books say {now.sha256} now: they were changed behind it")
    return Verdict(kept, holds=True, message="the books say the same bytes")


def _one(columns: str, snapshot_id: UUID) -> dict[str, Any]:
    rows = select(_ONE.format(columns=columns), {"id": snapshot_id})
    if not rows:
        raise UnknownSnapshot(f"there is no snapshot {snapshot_id}")
    return rows[0]


def _snapshot(row: dict[str, Any]) -> Snapshot:
    asked = Question(
        kind=SnapshotKind(row["kind"]),
        at=row["at"],
        by=TimeBasis(row["basis"]),
        known_at=row["known_at"],
        parameters=json.loads(row["parameters"]),
    )
    return Snapshot(row["id"], asked, row["size"], row["sha256"], row["taken_at"], row["taken_by"])


def closed_months_without() -> list[date]:
    """Closed months that were not snapshotted since they were closed, the oldest first."""
    sql = """
        SELECT month FROM ledger_period AS period
         WHERE status = 'closed' AND NOT EXISTS (
               SELECT FROM ledger_snapshot AS taken
                WHERE taken.kind = 'trial_balance' AND taken.basis = 'value_at' AND taken.known_at = period.closed_at
                  AND taken.at = (period.month + interval '1 month') AT TIME ZONE 'UTC')
         ORDER BY month
    """
    return [row["month"] for row in select(sql)]
