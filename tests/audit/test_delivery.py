"""Every anchor is brought what it has not got, again after a failure, and none twice as far as a crash allows."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connection

from audit.anchors import delivery
from audit.anchors.base import AnchorFailed, AnchorRefused, Due
from audit.queries_sealing import AnchorStatus, log_status
from audit.sealing.proofs import verify_consistency
from tests.audit.log import House, events, house, rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event

__all__ = ["db", "house"]


@dataclass
class Shelf:
    """An anchor in memory."""

    name: str = "shelf"
    kind: str = "file"
    every_s: int = 0
    wants_all: bool = True
    problem: str = ""
    refuses: bool = False
    taken: list[Due] = field(default_factory=list)

    def take(self, due: Due) -> str:
        if self.problem:
            raise AnchorRefused(self.problem) if self.refuses else AnchorFailed(self.problem)
        self.taken.append(due)
        return "a receipt"

    @property
    def sizes(self) -> list[int]:
        return [note.size for due in self.taken for note in due.notes]


@pytest.fixture
def sign(house: House) -> Callable[[], None]:
    """One more event, one more checkpoint."""

    def signed() -> None:
        size = rows("SELECT count(*) FROM audit_leaf")[0][0]
        one_event()
        house.seal(size + 1)

    return signed


def _status(name: str = "shelf") -> AnchorStatus:
    return next(anchor for anchor in log_status().anchors if anchor.name == name)


def _time_passes(seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_anchor SET next_try_at = next_try_at - %s * interval '1 second'", [seconds])


def test_it_brings_each_checkpoint_once(sign: Callable[[], None]) -> None:
    shelf = Shelf()
    delivery.register([shelf])
    assert delivery.deliver(shelf) == 0
    for number in (1, 2, 3):
        sign()
        assert delivery.deliver(shelf) >= 1
        assert delivery.deliver(shelf) == 0
        assert shelf.sizes[-1] == number
    assert rows("SELECT DISTINCT receipt FROM audit_anchor_delivery") == [("a receipt",)]
    assert _status().waiting_since is None
    assert _status().delivered_size == 3


def test_one_that_wants_all_gets_what_was_signed_meanwhile(sign: Callable[[], None]) -> None:
    everything, newest = Shelf(), Shelf("other", wants_all=False)
    delivery.register([everything, newest])
    sign()
    for shelf in (everything, newest):
        delivery.deliver(shelf)
    for _ in range(3):
        sign()
    for shelf in (everything, newest):
        delivery.deliver(shelf)
    assert everything.sizes[-3:] == [2, 3, 4]
    assert newest.sizes[-2:] == [1, 4]


def test_a_new_one_begins_with_the_newest(sign: Callable[[], None]) -> None:
    for _ in range(3):
        sign()
    shelf = Shelf()
    delivery.register([shelf])
    delivery.deliver(shelf)
    assert shelf.sizes == [3]


def test_the_proof_continues_what_it_took_last(house: House) -> None:
    shelf = Shelf()
    delivery.register([shelf])
    events(300)
    house.seal(300)
    delivery.deliver(shelf)
    before = house.newest.checkpoint
    events(33)
    house.seal(333)
    delivery.deliver(shelf)
    now, due = house.newest.checkpoint, shelf.taken[-1]
    assert due.taken_size == 300
    proof = due.proof(due.taken_size)
    assert verify_consistency(old=300, old_root=before.root, new=333, new_root=now.root, proof=proof)
    with pytest.raises(ValueError, match="does not begin"):
        due.proof(334)


def test_a_failure_is_noted_and_tried_again_later_and_later(sign: Callable[[], None]) -> None:
    shelf = Shelf(problem="it is full")
    delivery.register([shelf])
    sign()
    pauses = []
    for attempt in range(1, 12):
        assert delivery.deliver(shelf) == 0
        assert (_status().attempts, _status().last_error) == (attempt, "it is full")
        pauses.append(float(rows("SELECT extract(epoch FROM next_try_at - clock_timestamp()) FROM audit_anchor")[0][0]))
        shelf.problem = ""
        assert delivery.deliver(shelf) == 0
        shelf.problem = "it is full"
        _time_passes(300)
    # A slow machine may look a little later.
    assert all(
        wanted / 2 < pause <= wanted for pause, wanted in zip(pauses[2:], [8, 16, 32, 64, 128, 256, 300, 300, 300], strict=True)
    )
    assert _status().waiting_since is not None
    shelf.problem = ""
    assert delivery.deliver(shelf) == 1
    assert (_status().attempts, _status().last_error, _status().waiting_since) == (0, "", None)


def test_one_that_fails_keeps_no_other_waiting(sign: Callable[[], None]) -> None:
    full, empty = Shelf("full", problem="it is full"), Shelf("empty")
    delivery.register([full, empty])
    sign()
    assert [delivery.deliver(full), delivery.deliver(empty) > 0] == [0, True]


def test_a_slow_pace_is_kept(sign: Callable[[], None]) -> None:
    shelf = Shelf(kind="mail", every_s=3600, wants_all=False)
    delivery.register([shelf])
    sign()
    delivery.deliver(shelf)
    sign()
    assert delivery.deliver(shelf) == 0
    shelf.every_s = 1
    delivery.register([shelf])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_sleep(greatest(0, 1 - extract(epoch FROM clock_timestamp() - max(delivered_at)))) FROM audit_anchor_delivery"
        )
    assert delivery.deliver(shelf) == 1
    assert shelf.sizes[-2:] == [1, 2]


def test_death_between_taking_and_noting_delivers_again(sign: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    delivery.register([shelf])
    sign()

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(delivery, "_note_delivery", dies)
        with pytest.raises(KeyboardInterrupt):
            delivery.deliver(shelf)
    assert delivery.deliver(shelf) == 1
    assert shelf.sizes == [1, 1]


def test_one_that_is_configured_no_more_is_waited_for_no_more(sign: Callable[[], None]) -> None:
    shelf, other = Shelf(), Shelf("other")
    delivery.register([shelf, other])
    sign()
    delivery.register([other])
    assert [(anchor.name, anchor.active) for anchor in log_status().anchors] == [("other", True), ("shelf", False)]
    sign()
    delivery.register([shelf, other])
    assert _status().active
    assert _status().waiting_since is None
    sign()
    assert _status().waiting_since is not None
