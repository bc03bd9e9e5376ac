"""Many connections record events, commit out of order and roll back while the sealer works: nobody may cry wolf afterwards.

AUDIT_HONEST_EVENTS sets how many events are committed; a million takes a few minutes.
"""

import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from audit.inspection.findings import Finding
from audit.inspection.look import look
from audit.sealing import export
from audit.sealing.sealer import Sealer
from audit.verifier import Report, parse_keys, verify_export
from tests.audit.log import KEY, House, house, leaves, notes, rows
from tests.audit.log import db as db

__all__ = ["db", "house"]

EVENTS = int(os.environ.get("AUDIT_HONEST_EVENTS", "100000"))
WRITERS = 6
# One writer: transactions of very different size that stop in the middle, some for long, some with a part or all of it undone.
WRITE = """
DO $do$
DECLARE
    event jsonb := jsonb_build_object(
        'type', 'audit.tested', 'actor_type', 'system', 'actor_id', 'writer {number}', 'correlation_id', 'crowd',
        'resource_type', 'thing', 'resource_id', 'r', 'occurred_at', now(), 'reason', E'tab\t line\n backslash\\ "ü"');
    committed integer := 0;
    size integer;
BEGIN
    WHILE committed < {share} LOOP
        size := least(1 + floor(random() * CASE WHEN random() < 0.1 THEN {largest} ELSE 30 END), {share} - committed);
        PERFORM audit_record(event || jsonb_build_object('metadata', jsonb_build_object('n', n, 'half', 1)))
           FROM generate_series(1, size / 2) AS n;
        PERFORM pg_sleep(CASE WHEN random() < 0.02 THEN 0.3 ELSE random() * 0.01 END);
        BEGIN
            PERFORM audit_record(event) FROM generate_series(1, 3);
            RAISE EXCEPTION 'undone';
        EXCEPTION WHEN raise_exception THEN
            NULL;
        END;
        PERFORM audit_record(event || jsonb_build_object('status_text', 'second half'))
           FROM generate_series(1, size - size / 2);
        IF random() < 0.15 THEN
            ROLLBACK;
        ELSE
            COMMIT;
            committed := committed + size;
        END IF;
    END LOOP;
END $do$
"""
DISORDER = """
SELECT count(*) FILTER (WHERE recorded_at < before), count(DISTINCT txid)
  FROM (SELECT e.recorded_at, e.txid, lag(e.recorded_at) OVER (ORDER BY l.index) AS before
          FROM audit_leaf l JOIN audit_event e ON (e.recorded_at, e.id) = (l.recorded_at, l.event_id)) AS sealed
"""


def _connect() -> psycopg.Connection[tuple[object, ...]]:
    here = connection.settings_dict
    address = {"host": here["HOST"], "port": here["PORT"], "user": here["USER"], "password": here["PASSWORD"]}
    return psycopg.connect(dbname=here["NAME"], autocommit=True, **{key: value for key, value in address.items() if value})


def _write(number: int) -> None:
    share = EVENTS // WRITERS + (number < EVENTS % WRITERS)
    with _connect() as session:
        session.execute("SET SESSION AUTHORIZATION countersign_web")
        session.execute(WRITE.format(number=number, share=share, largest=max(10, EVENTS // 100)))


def _keep(anchor: Path, kept: int) -> int:
    """Append the checkpoints that were signed since; returns how many there are now."""
    now = notes()
    with anchor.open("a", encoding="utf-8") as file:
        file.write("".join(note + "\n" for note in now[kept:]))
    return len(now)


def _look_on(work: Sequence[Future[None]], anchor: Path) -> list[Finding]:
    """What verify_audit finds while events are written, sealed and anchored."""
    found = []
    try:
        while not all(done.done() for done in work):
            found += look([anchor], most_late_s=60).findings
    finally:
        connection.close()
    return found


@pytest.fixture
def sealed_meanwhile(house: House, settings: Any) -> int:
    """All events are written and, at the same time, sealed: in batches small enough to end inside transactions. Returns when the
    last one was signed."""
    sealer = Sealer(KEY, house.memory, heartbeat_s=1, batch=7_000)
    settings.AUDIT_LOG_KEY = str(KEY.public())
    anchor, kept = house.directory.parent / "anchor", 0
    anchor.touch()
    with ThreadPoolExecutor(WRITERS + 1) as writers:
        work = [writers.submit(_write, number) for number in range(WRITERS)]
        looks = writers.submit(_look_on, work, anchor)
        while not all(done.done() for done in work):
            sealer.round(seconds=1)
            kept = _keep(anchor, kept)
            time.sleep(0.05)
        for done in work:
            done.result()
        assert looks.result() == []
    deadline = time.monotonic() + 60
    while leaves() < EVENTS and time.monotonic() < deadline:
        sealer.round()
    return int(time.time())


def _check(directory: Path, now: int) -> Report:
    """Outside, with every third checkpoint kept as an anchor."""
    assert export.write(directory, export.extent(), [KEY.public()]) == 0
    anchors = directory / "anchors"
    anchors.write_text("".join(note + "\n" for note in notes()[::3]), encoding="utf-8")
    keys = parse_keys([str(KEY.public())])
    return verify_export(directory, keys, [anchors], max_gap_s=30, max_lag_s=60, now=now)


@pytest.mark.timeout(1800)
def test_honest_writers_are_never_accused(sealed_meanwhile: int, tmp_path: Path) -> None:
    ((backwards, transactions),) = rows(DISORDER)
    assert backwards > 0  # else the writers took turns, and this test shows nothing
    assert transactions > WRITERS
    assert rows("SELECT count(*), count(DISTINCT id) FROM audit_event") == [(EVENTS, EVENTS)]
    assert leaves() == EVENTS
    assert look([], most_late_s=60).findings == []
    report = _check(tmp_path / "export", sealed_meanwhile)
    assert (report.findings, report.events) == ([], EVENTS)
    assert report.checkpoints > 3
