"""The whole log made anew over whatever the events are now, by somebody who read our code, with or without a key to sign it."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import connection, transaction

from audit.sealing import leaf
from audit.sealing.keys import SigningKey
from audit.sealing.notes import Checkpoint, sign
from audit.sealing.tree import Frontier, leaf_hash
from tests.audit.log import rows
from tests.audit.tamper.scene import GUARDS_OFF, GUARDS_ON

Sign = Callable[[Checkpoint, int, str], str]
_IN_ORDER = f"SELECT {leaf.SELECTED} FROM audit_event e ORDER BY e.cluster_epoch, e.txid, e.recorded_at, e.id"


def with_key(key: SigningKey) -> Sign:
    return lambda checkpoint, time, _: sign(checkpoint, key, time).note


def without_key(checkpoint: Checkpoint, _: int, old_note: str) -> str:
    """The new words over the old signatures."""
    return checkpoint.body() + old_note[old_note.index("\n\n") + 1 :]


def rewrite(make_note: Sign, *, origin: str = "") -> None:
    """Leaves, nodes and checkpoints of the same sizes and times, as far as there are events for them."""
    with transaction.atomic(), connection.cursor() as cursor:
        leaf.fix_format(cursor)
        entries = list(leaf.copy_rows(cursor, _IN_ORDER, {}))
        old = rows("SELECT sequence, size, origin, extract(epoch FROM signed_at)::bigint, note FROM audit_checkpoint ORDER BY 1")
        cursor.execute(GUARDS_OFF)
        cursor.execute("DELETE FROM audit_leaf; DELETE FROM audit_node")
        tree = Frontier()
        for sequence, size, name, time, note in old:
            nodes = tree.append(leaf_hash(entry) for entry in entries[tree.size : size])
            cursor.executemany(
                "INSERT INTO audit_node VALUES (%s, %s, %s)", [(node.level, node.index, node.hash) for node in nodes]
            )
            made = Checkpoint(origin or name, tree.size, tree.root())
            cursor.execute(
                "UPDATE audit_checkpoint SET origin = %s, size = %s, root = %s, note = %s WHERE sequence = %s",
                [made.origin, made.size, made.root, make_note(made, time, note), sequence],
            )
        _write_leaves(cursor, entries[: tree.size])
        cursor.execute(GUARDS_ON)


def _write_leaves(cursor: object, entries: list[bytes]) -> None:
    values = [(number, *entry.decode().split("\t", 2)[1::-1], leaf_hash(entry)) for number, entry in enumerate(entries)]
    cursor.executemany("INSERT INTO audit_leaf VALUES (%s, %s, %s, %s)", values)  # type: ignore[attr-defined]


def checkpoint_again(key: SigningKey, *, root: bytes, seconds: int = 0) -> None:
    """One more checkpoint of the same size as the newest, with a root of one's choice, `seconds` later."""
    sequence, origin, size, time = rows(
        "SELECT sequence, origin, size, extract(epoch FROM signed_at)::bigint FROM audit_checkpoint ORDER BY 1 DESC LIMIT 1"
    )[0]
    note = sign(Checkpoint(origin, size, root), key, time + seconds).note
    with connection.cursor() as cursor:
        cursor.execute(GUARDS_OFF)
        cursor.execute(
            "INSERT INTO audit_checkpoint SELECT %s, %s, %s, %s, %s, %s, horizon_epoch, horizon_txid, cut_recorded_at,"
            " cut_event_id, recorded_at FROM audit_checkpoint WHERE sequence = %s",
            [sequence + 1, origin, size, root, datetime.fromtimestamp(time + seconds, UTC), note, sequence],
        )
        cursor.execute(GUARDS_ON)
