"""audit.queries_sealing: what pages and alerts are told about the seal."""

from datetime import UTC, datetime

from django.db import connection, transaction

from audit.commands import record
from audit.models import AuditEvent
from audit.queries_sealing import log_status, seal_status
from tests.audit.log import ORIGIN, House, events, house, rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event
from tests.ledger.crowd import at_once

__all__ = ["db", "house"]


def _anchored(name: str, *sequences: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_anchor (name, kind, every_s, active) VALUES (%s, 'file', 1, true)", [name])
        for sequence in sequences:
            cursor.execute("INSERT INTO audit_anchor_delivery (anchor, sequence) VALUES (%s, %s)", [name, sequence])


def test_each_event_has_its_leaf_its_checkpoint_and_its_anchors(house: House) -> None:
    one_event(1)
    house.seal(1)
    one_event(2)
    house.seal(2)
    one_event(3)
    house.now += 60
    house.seal(3)
    covering = dict(rows("SELECT size, min(sequence) FROM audit_checkpoint WHERE size > 0 GROUP BY size"))
    _anchored("early", covering[2])
    _anchored("all", *covering.values())
    found = list(AuditEvent.objects.order_by("recorded_at"))
    one_event(4)
    states = seal_status(AuditEvent.objects.all())
    assert set(states) == {event.id for event in found}
    first, second, third = (states[event.id] for event in found)
    assert [(state.index, state.size, state.sequence) for state in (first, second, third)] == [
        (index, index + 1, covering[index + 1]) for index in range(3)
    ]
    assert third.signed_at == datetime.fromtimestamp(1_800_000_060, UTC)
    assert [[name for name, _ in state.anchors] for state in (first, second, third)] == [
        ["early", "all"],
        ["early", "all"],
        ["all"],
    ]


def test_nothing_is_said_of_no_events(db: None) -> None:
    assert seal_status([]) == {}


def test_the_log_before_anything_was_sealed(house: House) -> None:
    status = log_status()
    assert (status.newest, status.unsealed, status.oldest_unsealed_at, status.anchors) == (None, 0, None, ())
    one_event()
    assert log_status().unsealed == 1


def test_the_log_says_how_far_it_is(house: House) -> None:
    house.options["batch"] = 2
    events(5)
    house.seal(5)
    one_event()
    status = log_status()
    assert status.newest is not None
    assert (status.newest.origin, status.newest.size, status.newest.note) == (ORIGIN, 5, house.newest.note)
    assert status.newest.root == house.newest.checkpoint.root
    assert (status.unsealed, status.refusal) == (1, "")
    assert status.oldest_unsealed_at == AuditEvent.objects.latest("recorded_at").recorded_at


def test_an_open_transaction_is_told_from_a_sealer_that_is_behind(house: House) -> None:
    with transaction.atomic():
        record(type="audit.tested", resource_type="thing", resource_id="slow")
        at_once([one_event])
        status = log_status()
        assert (status.unsealed, status.oldest_sealable_at) == (2, None)
    house.seal(2)
    assert log_status().unsealed == 0


def test_a_refusal_lasts_until_the_next_checkpoint(house: House) -> None:
    house.round()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_seal_refusal (reason) VALUES ('it was cut')")
    status = log_status()
    assert (status.refusal, status.refused_since is not None) == ("it was cut", True)
    one_event()
    house.seal(1)
    assert (log_status().refusal, log_status().refused_since) == ("", None)


def test_an_anchor_waits_from_the_first_checkpoint_that_it_has_not_taken(house: House) -> None:
    _anchored("new")
    assert log_status().anchors[0].waiting_since is None
    house.round()
    times = [time for (time,) in rows("SELECT recorded_at FROM audit_checkpoint")]
    anchor = log_status().anchors[0]
    assert (anchor.name, anchor.kind, anchor.delivered_at, anchor.waiting_since) == ("new", "file", None, times[0])
    _anchored("quick", 1)
    anchors = {anchor.name: anchor for anchor in log_status().anchors}
    assert (anchors["quick"].waiting_since, anchors["quick"].delivered_size) == (None, 0)
