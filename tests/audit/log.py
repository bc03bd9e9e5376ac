"""A log in a database where commits are real, for the tests of sealing: events to seal, a sealer, and what the tree should be."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from audit import vocabulary
from audit.commands import record
from audit.context import Actor, bind
from audit.sealing import leaf
from audit.sealing.keys import SigningKey
from audit.sealing.memory import Memory
from audit.sealing.notes import Signed, open_note
from audit.sealing.sealer import Sealed, Sealer
from audit.sealing.tree import Frontier, leaf_hash
from tests.databases import committed_copy

ORIGIN = "house.example/audit"
KEY = SigningKey.generate(ORIGIN)
_MANY = """
SELECT count(audit_record(jsonb_build_object(
    'type', 'audit.tested', 'actor_type', 'system', 'actor_id', 'crowd', 'correlation_id', 'c', 'resource_type', 'thing',
    'resource_id', number::text, 'occurred_at', now(), 'reason', E'tab\\t, line\\n, \\\\ and — dash')))
  FROM generate_series(1, %s) AS number
"""
_ROWS = f"""
SELECT {leaf.SELECTED} FROM audit_leaf l JOIN audit_event e ON (e.recorded_at, e.id) = (l.recorded_at, l.event_id) ORDER BY l.index
"""


@contextmanager
def committing(blocker: Any) -> Iterator[None]:
    """A database of one's own in which commits are real, with somebody who acts."""
    vocabulary.register("audit.tested")
    with blocker.unblock(), committed_copy(), bind(Actor.system("pytest"), correlation_id="a test"):
        yield


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Import it where commits must be real. The name matters: only for `db` is a test database made at all."""
    with committing(django_db_blocker):
        yield


@dataclass
class House:
    """A sealer with a clock that the test sets, in seconds since 1970."""

    directory: Path
    key: SigningKey = KEY
    now: float = 1_800_000_000.0
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def memory(self) -> Memory:
        return Memory(self.directory, [KEY.public(), self.key.public()])

    @property
    def sealer(self) -> Sealer:
        return Sealer(self.key, self.memory, clock=lambda: self.now, **self.options)

    def round(self) -> Sealed:
        return self.sealer.round()

    def seal(self, size: int) -> None:
        """Rounds until the log has `size` leaves: other tests on this server may hold the horizon back for a moment."""
        deadline = time.monotonic() + 60
        while leaves() < size:
            assert time.monotonic() < deadline
            self.round()

    @property
    def newest(self) -> Signed:
        return open_note(notes()[-1], [KEY.public(), self.key.public()])


@pytest.fixture
def house(db: None, tmp_path: Path) -> House:
    return House(tmp_path / "state")


def event(number: int = 0) -> None:
    """One event in a transaction of its own."""
    with transaction.atomic():
        record(type="audit.tested", resource_type="thing", resource_id=str(number))


def events(number: int) -> None:
    """Many events in one transaction."""
    rows(_MANY, [number])


def rows(query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def leaves() -> int:
    return int(rows("SELECT count(*) FROM audit_leaf")[0][0])


def notes() -> list[str]:
    return [note for (note,) in rows("SELECT note FROM audit_checkpoint ORDER BY sequence")]


def sealed_rows() -> list[bytes]:
    """The bytes of every sealed event, by index, as they stand in audit_event now."""
    with transaction.atomic(), connection.cursor() as cursor:
        leaf.fix_format(cursor)
        return list(leaf.copy_rows(cursor, _ROWS, {}))


def root_of(entries: list[bytes]) -> bytes:
    tree = Frontier()
    tree.append(leaf_hash(entry) for entry in entries)
    return tree.root()


def holds(house: House) -> bool:
    """Every event has its leaf, and the newest checkpoint is signed over exactly these leaves."""
    entries = sealed_rows()
    checkpoint = house.newest.checkpoint
    unsealed = rows("SELECT count(*) FROM audit_event")[0][0] - len(entries)
    return unsealed == 0 and (checkpoint.size, checkpoint.root) == (len(entries), root_of(entries))
