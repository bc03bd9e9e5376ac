"""One round of sealing: what can no longer change its place gets a leaf, and the log's new root is signed.

The order of a step is the argument (docs/decisions/sealing.md): the tree is proved to begin with all that was signed before, leaves
are written, the new root is signed, the signature is remembered outside the database, and only then does the database commit. A
step that dies in between has shown its signature to nobody, and is taken again with the same events in the same order.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from audit.sealing import leaf, store
from audit.sealing.keys import NoteRefused, SigningKey
from audit.sealing.memory import Memory
from audit.sealing.notes import Checkpoint, Signed, sign
from audit.sealing.store import Batch, Horizon, Log, Tiles
from audit.sealing.tree import Frontier, TreeIncomplete, frontier, root

BATCH = 20_000
HEARTBEAT_S = 30.0
ROUND_S = 5.0


class SealRefused(Exception):
    """What the database holds contradicts what was signed: nothing is sealed until a person has looked. The message says what."""


@dataclass(slots=True)
class Sealed:
    """What a round did: leaves added and checkpoints signed. `busy`: another sealer was at work."""

    leaves: int = 0
    checkpoints: int = 0
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Sealer:
    """`heartbeat_s`: with nothing new, how old the newest checkpoint gets before the same tree is signed again."""

    key: SigningKey
    memory: Memory
    clock: Callable[[], float] = time.time
    heartbeat_s: float = HEARTBEAT_S
    batch: int = BATCH

    def round(self, *, seconds: float = ROUND_S) -> Sealed:
        """Seal what there is, batch by batch, for at most about `seconds`. Raises SealRefused, after noting it in the database."""
        done, ends = Sealed(), time.monotonic() + seconds
        try:
            while self._step(done) and time.monotonic() < ends:
                pass
        except SealRefused as error:
            _note_refusal(str(error))
            raise
        return done

    def _step(self, done: Sealed) -> bool:
        """One transaction. False when there is nothing more to do for now."""
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            if not store.lock(cursor):
                done.busy = True
                return False
            leaf.fix_format(cursor)
            return self._seal(cursor, done)

    def _seal(self, cursor: Any, done: Sealed) -> bool:
        log, remembered = store.read_log(cursor), self._remembered()
        try:
            tree, again = _proved(cursor, log, remembered, most=self.batch)
        except TreeIncomplete as error:
            raise SealRefused(f"The tree in the database has a hole: {error}.") from error
        batch = _next_batch(cursor, log.horizon, again or self.batch)
        if not (batch.hashes or again or self._heartbeat_is_due(log)):
            return False
        store.write_leaves(cursor, log.leaves, batch, tree.append(batch.hashes))
        signed = _as_before(tree, remembered) if again and remembered else self._sign(tree, log, remembered)
        store.write_checkpoint(cursor, log.sequence + 1, signed, batch.horizon)
        done.leaves += len(batch.hashes)
        done.checkpoints += 1
        return bool(batch.hashes)

    def _remembered(self) -> Signed | None:
        """Raises SealRefused."""
        try:
            return self.memory.read()
        except NoteRefused as error:
            raise SealRefused(f"What this sealer remembers of itself is damaged: {error}.") from error

    def _heartbeat_is_due(self, log: Log) -> bool:
        return log.sequence == 0 or self.clock() - log.signed_at >= self.heartbeat_s

    def _sign(self, tree: Frontier, log: Log, remembered: Signed | None) -> Signed:
        """A clock that was set back does not make a later checkpoint look older."""
        now = max(int(self.clock()), log.signed_at, remembered.time if remembered else 0)
        signed = sign(Checkpoint(self.key.name, tree.size, tree.root()), self.key, now)
        self.memory.write(signed)
        return signed


def _proved(cursor: Any, log: Log, remembered: Signed | None, *, most: int) -> tuple[Frontier, int]:
    """The tree as the database has it, after proving that it begins with everything signed before; and how many leaves it lacks of
    what was signed last. Raises SealRefused, TreeIncomplete."""
    if log.leaves != log.size:
        raise SealRefused(f"There are {log.leaves} leaves, but the newest checkpoint covers {log.size}.")
    tiles = Tiles(cursor)
    tree = frontier(tiles, log.leaves)
    if log.sequence and tree.root() != log.root:
        raise SealRefused(f"The leaves are not those that checkpoint {log.sequence} was signed over.")
    if remembered is None:
        if log.sequence:
            raise SealRefused("The database holds checkpoints, but this sealer does not remember signing any.")
        return tree, 0
    signed = remembered.checkpoint
    lacking = signed.size - log.leaves
    if lacking <= 0 and root(tiles, signed.size) != signed.root:
        raise SealRefused(f"The first {signed.size} leaves are not those that were signed.")
    if lacking > most:
        raise SealRefused(f"{signed.size} leaves were signed, the database has {log.leaves}: it was rolled back or cut.")
    return tree, max(lacking, 0)


def _next_batch(cursor: Any, after: Horizon, limit: int) -> Batch:
    """Past epochs in which nothing is left to seal."""
    batch = store.read_batch(cursor, after, limit)
    while not batch.hashes and batch.horizon.epoch > after.epoch:
        after = batch.horizon
        batch = store.read_batch(cursor, after, limit)
    return batch


def _as_before(tree: Frontier, remembered: Signed) -> Signed:
    """The checkpoint of a step that was cut short, when the same events lead to it again. Raises SealRefused."""
    signed = remembered.checkpoint
    if (tree.size, tree.root()) != (signed.size, signed.root):
        raise SealRefused(
            f"{signed.size} leaves were signed, and the events in the database do not lead there: it was rolled back or edited."
        )
    return remembered


def _note_refusal(reason: str) -> None:
    """Once for as long as it lasts: until a later checkpoint, or another reason."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_seal_refusal (reason) SELECT %(reason)s WHERE NOT EXISTS ("
            " SELECT FROM (SELECT reason, recorded_at FROM audit_seal_refusal ORDER BY id DESC LIMIT 1) AS last"
            "  WHERE last.reason = %(reason)s AND last.recorded_at >"
            "        coalesce((SELECT recorded_at FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1), '-infinity'))",
            {"reason": reason},
        )
