"""A sealer that dies between any two steps goes on by itself and never signs two trees.

One database for the whole file: each death finds the log that the one before left behind.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from audit.sealing import sealer, store
from audit.sealing.memory import Memory
from audit.sealing.notes import Checkpoint
from audit.sealing.proofs import consistency_proof, verify_consistency
from audit.sealing.store import Tiles
from tests.audit.log import House, committing, events, holds, leaves, notes, rows
from tests.audit.log import event as one_event


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with committing(django_db_blocker):
        yield


@pytest.fixture(scope="module")
def house(db: None, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(Path(tmp_path_factory.mktemp("state")))
    house.round()
    return house


class Died(OperationalError):
    """To Django it looks like a lost connection; nothing of ours handles it."""


STEPS: list[tuple[Any, str]] = [
    (store, "lock"),
    (store, "read_log"),
    (Memory, "read"),
    (store, "read_batch"),
    (store, "write_leaves"),
    (sealer, "sign"),
    (Memory, "write"),
    (store, "write_checkpoint"),
    (connection, "commit"),
]


def _dying(step: Callable[..., Any], when: str) -> Callable[..., Any]:
    def dies(*arguments: Any, **named: Any) -> None:
        if when == "after":
            step(*arguments, **named)
        raise Died

    return dies


def _rounds_until_death(house: House) -> None:
    """The first round that has something to do is the last."""
    while True:
        house.round()


def _consistent(old: Checkpoint, new: Checkpoint) -> bool:
    with connection.cursor() as cursor:
        proof = consistency_proof(Tiles(cursor), old.size, new.size)
    return verify_consistency(old=old.size, old_root=old.root, new=new.size, new_root=new.root, proof=proof)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("where", "step"), STEPS, ids=[name for _, name in STEPS])
def test_it_recovers_from_death_at(house: House, monkeypatch: pytest.MonkeyPatch, where: Any, step: str, when: str) -> None:
    size = leaves()
    events(2)
    with monkeypatch.context() as patched:
        patched.setattr(where, step, _dying(getattr(where, step), when))
        with pytest.raises(Died):
            _rounds_until_death(house)
    connection.close()
    signed = house.memory.read()
    assert signed is not None
    # More arrives before it comes up again.
    one_event()
    house.seal(size + 3)
    assert holds(house)
    assert _consistent(signed.checkpoint, house.newest.checkpoint)
    assert house.memory.read() == house.newest
    assert [note for (note,) in rows("SELECT note FROM audit_checkpoint WHERE size = %s", [signed.checkpoint.size])] == [
        signed.note
    ]


def test_a_step_cut_short_is_taken_again_with_the_note_that_was_signed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    size, before = leaves(), notes()
    house.options["batch"] = 2
    events(3)
    with monkeypatch.context() as patched:
        patched.setattr(store, "write_checkpoint", _dying(store.write_checkpoint, "before"))
        with pytest.raises(Died):
            _rounds_until_death(house)
    signed = house.memory.read()
    assert signed is not None
    assert (leaves(), notes(), signed.checkpoint.size) == (size, before, size + 2)
    one_event()
    house.now += 100
    house.seal(size + 4)
    assert notes()[len(before)] == signed.note
    assert holds(house)
