"""Sealed months of the trail leave and come back: the log stays whole, exported and proved, and nothing changed comes back."""

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.archive import files, steps
from audit.archive.commands import archive_month, reattach_month
from audit.archive.errors import NotArchivable, TableBusy, UnknownTable
from audit.archive.registry import table
from audit.models import AuditEvent
from audit.sealing.export import sealed_rows
from tests.audit.log import House, house, leaves, root_of, rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event
from tests.ledger.past import ensure_month, triggers

__all__ = ["db", "house"]
MARCH = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _march(house: House) -> None:
    """Three events of March and one of today."""
    for number in range(4):
        one_event(number)
    ensure_month(datetime(2026, 3, 1, tzinfo=UTC), "audit_event")
    with connection.cursor() as cursor:
        triggers(cursor, "audit_event", on=False)
        cursor.execute(
            "UPDATE audit_event SET recorded_at = timestamptz '2026-03-05 00:00+00' + resource_id::integer * interval '1 day'"
            " WHERE resource_id IN ('0', '1', '2')"
        )
        triggers(cursor, "audit_event", on=True)


def _run(command: str, *arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=out)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue()
    return 0, out.getvalue()


def _archive(directory: Path) -> Any:
    return archive_month("audit_event", MARCH, directory=directory, reason="policy")


def test_only_a_sealed_month_leaves(house: House, tmp_path: Path) -> None:
    with pytest.raises(NotArchivable, match="3 events are not sealed yet"):
        _archive(tmp_path)
    assert list(tmp_path.glob("*.gz")) == []
    house.seal(4)
    assert _archive(tmp_path).rows == 3
    assert AuditEvent.objects.filter(resource_type="thing").count() == 1


def test_a_month_of_the_trail_goes_after_the_entries_that_it_tells(house: House, tmp_path: Path) -> None:
    house.seal(4)
    ensure_month(datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(NotArchivable, match="ledger_entry of 2026-03 is attached, and goes first"):
        _archive(tmp_path)
    assert AuditEvent.objects.filter(resource_type="thing").count() == 4


def test_the_file_holds_the_leaves_to_the_byte(house: House, tmp_path: Path) -> None:
    house.seal(4)
    lines = sealed_rows(0, 3)
    done = _archive(tmp_path)
    assert b"".join(files.pieces(Path(done.file))) == b"".join(line + b"\n" for line in lines)
    assert files.digest_of_file(Path(done.file)) == files.digest_of_table("archive.audit_event_y2026m03", "recorded_at")


def test_the_log_is_exported_whole_while_a_month_is_away(house: House, tmp_path: Path) -> None:
    house.seal(4)
    before = sealed_rows(0, leaves())
    _archive(tmp_path)
    house.seal(5)
    assert sealed_rows(0, 4) == before
    assert root_of(sealed_rows(0, leaves())) == house.newest.checkpoint.root
    steps.discard("audit_event_y2026m03")
    assert sealed_rows(0, 4) == before[3:]


def test_it_comes_back_with_the_triggers_of_its_parent(house: House, tmp_path: Path) -> None:
    house.seal(4)
    done = _archive(tmp_path)
    assert _run("archive_partition", "audit_event", "2026-03", "--drop")[0] == 0
    assert rows("SELECT to_regclass('archive.audit_event_y2026m03')") == [(None,)]
    code, said = _run("reattach_partition", "audit_event", "2026-03")
    assert (code, said) == (0, f"audit_event_y2026m03 attached: 3 rows, sha256 {done.sha256}, {done.file}\n")
    assert AuditEvent.objects.filter(resource_type="thing").count() == 4
    enabled = "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY 1"
    assert rows(enabled, ["audit_event_y2026m03"]) == rows(enabled, ["audit_event_default"])
    with pytest.raises(DatabaseError, match="recorded now"), transaction.atomic():
        rows("INSERT INTO audit_event SELECT (e).* FROM (SELECT e FROM audit_event_y2026m03 e) AS x")
    actions = rows("SELECT action FROM audit_archive ORDER BY done_at")
    assert actions == [("archived",), ("dropped",), ("attached",)]
    assert AuditEvent.objects.filter(type__startswith="audit.partition_").count() == 3


def test_the_commands_say_what_was_changed_and_what_is_not_possible(house: House, tmp_path: Path, settings: Any) -> None:
    house.seal(4)
    settings.ARCHIVE_DIR = tmp_path
    code, said = _run("archive_partition", "audit_event", "2026-03", "--directory", tmp_path)
    assert (code, said.split()[:2]) == (0, ["audit_event_y2026m03", "archived:"])
    path = tmp_path / "audit_event_y2026m03.tsv.gz"
    assert path.stat().st_mode & 0o777 == 0o600
    kept = path.read_bytes()
    path.write_bytes(kept[:-9])
    code, said = _run("archive_partition", "audit_event", "2026-03", "--drop")
    assert (code, "is not what was archived" in said) == (1, True)
    with pytest.raises(CommandError, match="it was archived on"):
        _run("archive_partition", "audit_event", "2026-03")
    with pytest.raises(CommandError, match="was never archived"):
        _run("reattach_partition", "audit_event", "2026-02")
    with pytest.raises(UnknownTable):
        reattach_month("ledger_account", MARCH, reason="x")


@pytest.mark.parametrize(
    "attack", ["UPDATE audit_archive SET sha256 = sha256('x')", "DELETE FROM audit_archive", "TRUNCATE audit_archive"]
)
def test_what_was_archived_stays_written_down(house: House, tmp_path: Path, attack: str) -> None:
    house.seal(4)
    _archive(tmp_path)
    before = rows("SELECT * FROM audit_archive")
    with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
        rows(attack)
    assert rows("SELECT * FROM audit_archive") == before


def test_a_month_that_somebody_still_writes_to_stays(house: House, tmp_path: Path) -> None:
    house.seal(4)
    with pytest.raises(NotArchivable, match="it had 2 rows when they were read and has 3 now"), transaction.atomic():
        steps.detach(table("audit_event"), MARCH, rows=2)
    assert AuditEvent.objects.filter(resource_type="thing").count() == 4


def test_it_gives_up_rather_than_keep_others_waiting(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house.seal(4)
    monkeypatch.setattr(steps, "_TRIES", 2)
    here = connection.settings_dict
    with psycopg.connect(dbname=here["NAME"], host=here["HOST"], user=here["USER"]) as other:
        other.execute("SELECT count(*) FROM audit_event")
        with pytest.raises(TableBusy):
            _archive(tmp_path)
    assert AuditEvent.objects.filter(resource_type="thing").count() == 4
