"""The log in the database: leaves, kept nodes and checkpoints, and the events that have no leaf yet.

Every function works in the caller's transaction, on the caller's cursor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from audit.sealing.leaf import SELECTED, copy_rows
from audit.sealing.notes import Signed
from audit.sealing.tree import STRIDE, Node, leaf_hash

_TILE = 1 << STRIDE
_NO_LIMIT = 2**63 - 1
_LEAVES = "SELECT index, hash FROM audit_leaf WHERE index >= %(start)s AND index < %(end)s ORDER BY index"
_NODES = "SELECT index, hash FROM audit_node WHERE level = %(level)s AND index >= %(start)s AND index < %(end)s ORDER BY index"
# Equality on the epoch lets the planner see how few rows lie between the two transaction ids.
_UNSEALED = f"""
SELECT {SELECTED} FROM audit_event e
 WHERE e.cluster_epoch = %(epoch)s AND e.txid >= %(txid)s AND e.txid < %(below)s
   AND (%(id)s IS NULL OR e.txid > %(txid)s OR (e.recorded_at, e.id) > (%(recorded_at)s::timestamptz, %(id)s::uuid))
 ORDER BY e.cluster_epoch, e.txid, e.recorded_at, e.id LIMIT %(limit)s
"""  # noqa: S608 - the columns of the format


@dataclass(frozen=True, slots=True)
class Horizon:
    """Every event below (epoch, txid) is sealed; of that transaction's own, those up to `cut` (recorded_at, id), when it is set."""

    epoch: int = 1
    txid: int = 0
    cut: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """What the database says of the log: its leaves, and its newest checkpoint (sequence 0: none yet)."""

    leaves: int
    sequence: int = 0
    size: int = 0
    root: bytes = b""
    signed_at: int = 0
    horizon: Horizon = field(default_factory=Horizon)


@dataclass(slots=True)
class Batch:
    """Events to be sealed, in order: their leaf hashes, and their names as COPY wants them (`recorded_at`, tab, `id`)."""

    horizon: Horizon
    hashes: list[bytes] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)


def lock(cursor: Any) -> bool:
    """Be the only sealer until the transaction ends. False when another one is at work."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('audit_seal'))")
    return bool(cursor.fetchone()[0])


def read_log(cursor: Any) -> Log:
    cursor.execute("SELECT coalesce(max(index), -1) + 1 FROM audit_leaf")
    leaves = int(cursor.fetchone()[0])
    cursor.execute(
        "SELECT sequence, size, root, extract(epoch FROM signed_at)::bigint, horizon_epoch, horizon_txid, cut_recorded_at::text,"
        " cut_event_id::text FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1"
    )
    row = cursor.fetchone()
    if row is None:
        return Log(leaves)
    sequence, size, root, signed_at, epoch, txid, *cut = row
    horizon = Horizon(epoch, txid, (cut[0], cut[1]) if cut[0] else None)
    return Log(leaves, sequence, size, bytes(root), signed_at, horizon)


class Tiles:
    """The kept hashes, read 256 at a time and kept for the next question."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """As tree.ReadHashes: never across the border of a tile, since what is asked for is a subtree."""
        tile = start // _TILE
        if (level, tile) not in self._tiles:
            self._tiles[level, tile] = self._read(level, tile * _TILE)
        return self._tiles[level, tile][start - tile * _TILE : end - tile * _TILE]

    def _read(self, level: int, start: int) -> list[bytes]:
        """Up to the first hash that is missing: those after it would stand in its place."""
        query = _NODES if level else _LEAVES
        self._cursor.execute(query, {"level": level, "start": start, "end": start + _TILE})
        rows = self._cursor.fetchall()
        return [bytes(value) for place, (index, value) in enumerate(rows) if index == start + place]


def read_batch(cursor: Any, after: Horizon, limit: int) -> Batch:
    """The next events, at most `limit`, of which no other can ever come to stand before.

    A transaction that is still open keeps everything from its own id on back: whatever it records would belong there. Events of
    one epoch at a time; with fewer than `limit` the horizon moves on to what comes next.
    """
    cursor.execute("SELECT audit_current_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    epoch, oldest_running = cursor.fetchone()
    below = oldest_running if after.epoch == epoch else _NO_LIMIT
    found = Batch(Horizon(after.epoch, max(below, after.txid)) if after.epoch == epoch else Horizon(after.epoch + 1))
    last = b""
    for last in _rows(cursor, after, below, limit):
        event_id, recorded_at, _ = last.split(b"\t", 2)
        found.hashes.append(leaf_hash(last))
        found.names.append(recorded_at + b"\t" + event_id)
    if len(found.hashes) == limit:
        found.horizon = _cut(after.epoch, last)
    return found


def _rows(cursor: Any, after: Horizon, below: int, limit: int) -> Iterator[bytes]:
    recorded_at, event_id = after.cut or (None, None)
    values = {"epoch": after.epoch, "txid": after.txid, "below": below, "recorded_at": recorded_at, "id": event_id, "limit": limit}
    return copy_rows(cursor, _UNSEALED, values)


def _cut(epoch: int, row: bytes) -> Horizon:
    event_id, recorded_at, txid, _ = row.decode().split("\t", 3)
    return Horizon(epoch, int(txid), (recorded_at, event_id))


def write_leaves(cursor: Any, first: int, batch: Batch, nodes: Sequence[Node]) -> None:
    """Add the leaves of a batch, the first under the number `first`, and the nodes that they completed."""
    pairs = enumerate(zip(batch.names, batch.hashes, strict=True), first)
    with cursor.copy("COPY audit_leaf (index, recorded_at, event_id, hash) FROM STDIN") as copy:
        copy.write(b"".join(b"%d\t%s\t\\\\x%s\n" % (index, name, value.hex().encode()) for index, (name, value) in pairs))
    if nodes:
        with cursor.copy("COPY audit_node (level, index, hash) FROM STDIN") as copy:
            copy.write("".join(f"{node.level}\t{node.index}\t\\\\x{node.hash.hex()}\n" for node in nodes))


def write_checkpoint(cursor: Any, sequence: int, signed: Signed, horizon: Horizon) -> None:
    found = signed.checkpoint
    cursor.execute(
        "INSERT INTO audit_checkpoint (sequence, origin, size, root, signed_at, note, horizon_epoch, horizon_txid, cut_recorded_at,"
        " cut_event_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            sequence,
            found.origin,
            found.size,
            found.root,
            datetime.fromtimestamp(signed.time, UTC),
            signed.note,
            horizon.epoch,
            horizon.txid,
            *(horizon.cut or (None, None)),
        ],
    )
