"""The sealer: what it seals, in which order, how often it signs, and that nothing comes to stand before what is sealed."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from audit.commands import record
from audit.context import Actor, bind
from audit.sealing import leaf
from tests.audit.log import ORIGIN, House, events, holds, house, leaves, notes, rows, sealed_rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event
from tests.ledger.crowd import at_once

__all__ = ["db", "house"]


def _order() -> list[str]:
    return [entry.split(b"\t")[leaf.COLUMNS.index("resource_id")].decode() for entry in sealed_rows()]


def test_an_empty_log_is_signed_too(house: House) -> None:
    done = house.round()
    assert (done.leaves, done.checkpoints) == (0, 1)
    assert (house.newest.checkpoint.origin, house.newest.checkpoint.size, house.newest.time) == (ORIGIN, 0, 1_800_000_000)
    assert holds(house)


def test_events_become_leaves_and_a_checkpoint(house: House) -> None:
    for number in range(3):
        one_event(number)
    house.seal(3)
    assert _order() == ["0", "1", "2"]
    assert holds(house)


def test_leaves_are_the_bytes_of_copy_whatever_is_in_them(house: House) -> None:
    with transaction.atomic():
        record(
            type="audit.tested",
            resource_type="thing",
            resource_id="1",
            reason="tab\t line\n return\r back\\slash \\. — ünï",
            metadata={"b": 1, "a": [None, "\u0001"]},
        )
    house.seal(1)
    entry = sealed_rows()[0].decode()
    assert len(entry.split("\t")) == len(leaf.COLUMNS) == 24
    assert "tab\\t line\\n return\\r back\\\\slash \\\\. — ünï" in entry
    assert '{"a": [null, "\\\\u0001"], "b": 1}' in entry
    assert entry.split("\t")[1].endswith("+00")


def test_leaf_bytes_do_not_depend_on_who_reads_them(house: House) -> None:
    one_event()
    house.seal(1)
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'SQL, DMY'")
        assert holds(house)
        cursor.execute("RESET TimeZone; RESET DateStyle")


def test_what_commits_late_is_sealed_late_and_nothing_is_missed(house: House) -> None:
    """The transaction that records first commits last: its event comes after those that others committed meanwhile, none waits for
    ever, and while it is open nothing that belongs behind it is sealed."""
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        record(type="audit.tested", resource_type="thing", resource_id="slow")
        other.submit(_alone, partial(one_event, 1)).result()
        assert other.submit(_alone, house.round).result().leaves == 0
    house.seal(2)
    assert _order() == ["slow", "1"]
    assert holds(house)


def _alone(task):
    try:
        with bind(Actor.system("other")):
            return task()
    finally:
        connection.close()


def test_what_is_rolled_back_leaves_no_gap(house: House) -> None:
    one_event(1)
    with transaction.atomic():
        record(type="audit.tested", resource_type="thing", resource_id="never")
        transaction.set_rollback(True)
    one_event(2)
    house.seal(2)
    assert _order() == ["1", "2"]
    assert holds(house)


def test_a_backlog_is_sealed_in_batches_also_within_one_transaction(house: House) -> None:
    house.options["batch"] = 300
    events(1_000)
    one_event(1_001)
    house.seal(1_001)
    assert holds(house)
    sizes = [size for (size,) in rows("SELECT size FROM audit_checkpoint ORDER BY sequence")]
    # The first may be the heartbeat of a log in which nothing could be sealed yet, and the last event may wait for other tests'
    # transactions.
    assert [size for size in sizes if size not in (0, 1_000)] == [300, 600, 900, 1_001]
    assert rows("SELECT level, index FROM audit_node ORDER BY index") == [(8, 0), (8, 1), (8, 2)]


def test_a_batch_that_ends_with_its_transaction_goes_on_with_the_next(house: House) -> None:
    house.options["batch"] = 4
    events(4)
    events(4)
    house.seal(8)
    one_event(9)
    house.seal(9)
    assert holds(house)


def test_with_nothing_new_it_signs_again_at_its_pace(house: House) -> None:
    one_event()
    house.seal(1)
    signed = len(notes())
    house.now += 29
    assert house.round().checkpoints == 0
    house.now += 1
    assert house.round().checkpoints == 1
    assert house.round().checkpoints == 0
    assert (len(notes()), house.newest.time, house.newest.checkpoint.size) == (signed + 1, 1_800_000_030, 1)


def test_a_clock_set_back_signs_no_earlier_time(house: House) -> None:
    house.round()
    house.now -= 3_600
    one_event()
    house.seal(1)
    assert house.newest.time == 1_800_000_000


def test_sixteen_writers_and_two_sealers_miss_nothing(house: House) -> None:
    def write() -> None:
        for number in range(20):
            one_event(number)

    def seal() -> None:
        for _ in range(15):
            house.round()

    assert at_once([write] * 16 + [seal] * 2) == [None] * 18
    house.seal(320)
    assert holds(house)


def test_a_second_sealer_stands_aside(house: House) -> None:
    one_event()
    with ThreadPoolExecutor(1) as other, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit_seal'))")
        done = other.submit(_alone, house.round).result()
    assert (done.busy, done.leaves, leaves(), notes()) == (True, 0, 0, [])


def test_a_database_that_moved_elsewhere_is_sealed_on(house: House) -> None:
    """In another cluster transaction ids start again; the epoch beside them keeps the order."""
    for number in range(3):
        one_event(number)
    house.seal(3)
    one_event(3)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_cluster_epoch (epoch, system_identifier, first_txid, reason) VALUES"
            " (2, 1, 1, 'as restored elsewhere'), (3, 2, 1, 'and again')"
        )
    one_event(4)
    house.seal(5)
    assert _order() == ["0", "1", "2", "3", "4"]
    assert rows("SELECT horizon_epoch FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1") == [(3,)]
    one_event(5)
    house.seal(6)
    assert holds(house)


@pytest.mark.parametrize("count", [255, 256, 257])
def test_rounds_join_at_the_border_of_a_node(house: House, count: int) -> None:
    events(count)
    house.seal(count)
    one_event()
    house.seal(count + 1)
    assert holds(house)
