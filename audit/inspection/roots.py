"""The tree above the leaves, held against everything that was signed about it: checkpoints in the database and in anchor files."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from audit import verifier
from audit.inspection.findings import Report
from audit.sealing.tree import Frontier, Node
from audit.verifier import Checkpoint, Key, parse_note, read_checkpoints

_PAGE = 10_000
_EXTENT = """
SELECT coalesce(max(index), -1) + 1, (SELECT coalesce(max(sequence), 0) FROM audit_checkpoint),
       (SELECT coalesce(max(size), 0) FROM audit_checkpoint)
  FROM audit_leaf
"""
_CHECKPOINTS = (
    "SELECT sequence, note, size, root FROM audit_checkpoint WHERE sequence > %s AND sequence <= %s ORDER BY sequence LIMIT %s"
)
_SIGNED_SINCE = "SELECT EXISTS (SELECT FROM audit_checkpoint WHERE sequence > %s AND size = %s AND root = %s)"
_NODES = """
SELECT n.level, n.index, n.hash FROM audit_node n
  JOIN unnest(%s::smallint[], %s::bigint[]) AS wanted (level, index) ON (n.level, n.index) = (wanted.level, wanted.index)
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a look goes, while the sealer may go on: so many leaves, and the checkpoints up to `sequence`."""

    leaves: int
    sequence: int


def extent(report: Report) -> Extent:
    """What there is at this moment. Leaves and the checkpoint over them are written together, so they agree."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTENT)
        leaves, sequence, size = cursor.fetchone()
    if leaves != size:
        report.add("checkpoints", "the newest", f"covers {size} events, and {leaves} have a leaf: some of either were taken away")
    return Extent(leaves, sequence)


@dataclass(slots=True)
class Tree:
    """Grown from the stored leaves as far as a checkpoint asks; `lost` names the sources that already disagreed."""

    chunks: Iterator[list[bytes]]
    report: Report
    extent: Extent
    edge: Frontier = field(default_factory=Frontier)
    lost: set[int] = field(default_factory=set)
    _ahead: list[bytes] = field(default_factory=list)

    def judge(self, claim: Checkpoint) -> None:
        """Does the tree have this root at this size? One finding per source: once it differs, all larger ones do."""
        self._grow(claim.size)
        if claim.rank in self.lost or (self.edge.size < claim.size and self._was_signed_since(claim)):
            return
        if self.edge.size < claim.size:
            self._lose(claim, f"covers {claim.size} events, and the log has {self.edge.size}: cut, or put back to an older state")
        elif self.edge.root() != claim.root:
            self._lose(claim, f"the first {claim.size} leaves are not those that were signed")

    def _was_signed_since(self, claim: Checkpoint) -> bool:
        """An anchor file goes on growing while it is read: what it took since the look began is for the next one."""
        with connection.cursor() as cursor:
            cursor.execute(_SIGNED_SINCE, [self.extent.sequence, claim.size, claim.root])
            return bool(cursor.fetchone()[0])

    def finish(self) -> None:
        self._grow(2**63)

    def _lose(self, claim: Checkpoint, message: str) -> None:
        self.lost.add(claim.rank)
        self.report.add("anchors" if claim.rank else "checkpoints", claim.where, message)

    def _grow(self, size: int) -> None:
        while self.edge.size < size and (self._ahead or self._load()):
            take = size - self.edge.size
            _compare(self.report, self.edge.append(self._ahead[:take]))
            del self._ahead[:take]

    def _load(self) -> bool:
        self._ahead = next(self.chunks, [])
        return bool(self._ahead)


def judge_all(report: Report, chunks: Iterator[list[bytes]], keys: Sequence[Key], anchors: Sequence[Path], extent: Extent) -> None:
    """Raises OSError when an anchor file cannot be read."""
    tree, read = Tree(chunks, report, extent), verifier.Report()
    files = [read_checkpoints(path, rank, keys, read) for rank, path in enumerate(anchors, 1)]
    for claim in heapq.merge(_signed(report, keys, extent.sequence), *files):
        if claim.rank:
            report.anchored += 1
        else:
            report.checkpoints += 1
        tree.judge(claim)
    tree.finish()
    for found in read.findings:
        report.add("anchors", found.where, found.message)


def _signed(report: Report, keys: Sequence[Key], newest: int) -> Iterator[Checkpoint]:
    """The checkpoints of the database that one of the keys signed, as long as they go forward."""
    expected, last = 1, (0, 0)
    while rows := _page(expected - 1, newest):
        for sequence, note, size, root in rows:
            where = f"checkpoint {sequence}"
            if sequence != expected:
                report.add("checkpoints", where, "the one before it is gone")
            expected = sequence + 1
            try:
                seen = parse_note(note.encode(), keys, where=where)
            except ValueError as error:
                report.add("checkpoints", where, str(error))
                continue
            if (seen.size, seen.root) != (size, bytes(root)):
                report.add("checkpoints", where, "its row says something else than what was signed")
            if seen[:2] < last:
                report.add("checkpoints", where, "is smaller or older than the one before it")
                continue
            last = seen[:2]
            yield seen


def _page(after: int, newest: int) -> list[tuple[int, str, int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(_CHECKPOINTS, [after, newest, _PAGE])
        return list(cursor.fetchall())


def _compare(report: Report, nodes: Sequence[Node]) -> None:
    """Of the nodes that are kept, from which proofs are made."""
    if not nodes:
        return
    with connection.cursor() as cursor:
        stored = _nodes(cursor, nodes)
    for node in nodes:
        if stored.get((node.level, node.index)) != node.hash:
            report.add("nodes", f"node {node.index} of level {node.level}", "is not the root of the leaves below it")


def _nodes(cursor: Any, nodes: Sequence[Node]) -> dict[tuple[int, int], bytes]:
    cursor.execute(_NODES, [[node.level for node in nodes], [node.index for node in nodes]])
    return {(level, index): bytes(value) for level, index, value in cursor.fetchall()}
