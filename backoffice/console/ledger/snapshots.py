"""Snapshots for reading: what each says, of which moment, and whose accounts it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backoffice.console import formats
from backoffice.console.ledger.intervals import in_words
from backoffice.console.parts import Paging
from ledger.models import Account
from ledger.queries.snapshots import Snapshot, UnknownSnapshot, snapshot, snapshots
from ledger.snapshots.asked import SnapshotKind

PAGE = 30
_TITLES = {SnapshotKind.TRIAL_BALANCE: "Trial balance", SnapshotKind.BALANCES: "Balances", SnapshotKind.STATEMENT: "Statement"}


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    snapshot: Snapshot
    title: str
    by_words: str


@dataclass(frozen=True, slots=True)
class SnapshotsPage:
    """`hidden` of this page hold accounts that the operator does not see."""

    lines: list[SnapshotLine]
    paging: Paging
    hidden: int


def page(seen: Sequence[str] | None, before: UUID | None) -> SnapshotsPage:
    """`seen` are the owners whose accounts may be seen, None for everybody's. The newest first."""
    found = snapshots(before=before, limit=PAGE + 1)
    listed = found[:PAGE]
    shown = _visible(listed, seen)
    last = listed[-1].id if len(found) > PAGE else None
    paging = Paging(len(shown), "snapshots", "?" if before else "", f"?before={last}" if last else "")
    return SnapshotsPage([_line(one) for one in shown], paging, len(listed) - len(shown))


def one(snapshot_id: UUID, seen: Sequence[str] | None) -> Snapshot | None:
    """None for one that was not taken, or holds accounts that may not be seen."""
    try:
        found = snapshot(snapshot_id)
    except UnknownSnapshot:
        return None
    return found if _visible([found], seen) else None


def _visible(found: list[Snapshot], seen: Sequence[str] | None) -> list[Snapshot]:
    """Those of the whole book are for who sees every client; others go by whose accounts are in them."""
    if seen is None:
        return found
    codes = [one.asked.parameters["account"] for one in found if one.asked.kind is SnapshotKind.STATEMENT]
    owners = dict(Account.objects.filter(code__in=codes).values_list("code", "owner")) if codes else {}
    return [one for one in found if _owner(one, owners) in seen]


def _owner(found: Snapshot, owners: dict[str, str]) -> str | None:
    parameters = found.asked.parameters
    return owners.get(parameters["account"]) if found.asked.kind is SnapshotKind.STATEMENT else parameters.get("owner")


def _line(found: Snapshot) -> SnapshotLine:
    asked = found.asked
    title = _TITLES[asked.kind]
    if asked.kind is SnapshotKind.STATEMENT:
        title = f"Statement of {asked.parameters['account']} from {formats.written(asked.since).day}"
    elif "owner" in asked.parameters:
        title = f"Balances of {asked.parameters['owner'] or 'the house'}"
    return SnapshotLine(found, title, in_words(asked.by))
