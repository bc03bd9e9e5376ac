"""verify_audit over months that are away: what is in the archive is compared, what is in files alone is counted."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from audit.archive import vouching
from audit.archive.commands import archive_month, drop_month
from tests.audit.log import KEY, House, house, rows
from tests.audit.log import db as db
from tests.audit.test_archive import MARCH, _march

__all__ = ["_march", "db", "house"]


@pytest.fixture
def archived(house: House, settings: Any, tmp_path: Path) -> str:
    """March is away; returns its file."""
    settings.AUDIT_LOG_KEY = str(KEY.public())
    settings.AUDIT_ANCHORS = {}
    house.seal(4)
    file = archive_month("audit_event", MARCH, directory=tmp_path, reason="policy").file
    house.seal(5)
    return file


def _verified() -> tuple[list[tuple[str, str]], list[str]]:
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit", "--json", stdout=out)
    report = json.loads(out.getvalue())
    return [(finding["check"], finding["subject"]) for finding in report["findings"]], report["notes"]


def test_an_archived_month_is_compared_where_it_is(archived: str) -> None:
    assert _verified()[0] == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE archive.audit_event_y2026m03 DISABLE TRIGGER USER")
        cursor.execute("UPDATE archive.audit_event_y2026m03 SET reason = 'never' WHERE resource_id = '1'")
    assert _verified()[0] == [("events", "leaf 1")]


def test_a_dropped_month_is_counted_against_its_leaves(archived: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vouching, "_given_up", {"audit.tested"})
    drop_month("audit_event", MARCH, reason="policy")
    house.seal(6)
    findings, notes = _verified()
    assert findings == []
    assert f"3 sealed events of 2026-03 are in {archived} alone" in notes
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_archive DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_archive SET rows = 2")
        cursor.execute("ALTER TABLE audit_archive ENABLE ALWAYS TRIGGER refuse_change")
        cursor.execute("ALTER TABLE audit_archive ENABLE ALWAYS TRIGGER refuse_truncate")
    assert set(_verified()[0]) == {("events", "month 2026-03"), ("archive", "audit_event_y2026m03")}


def test_a_month_that_is_gone_without_a_word_is_found(archived: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE archive.audit_event_y2026m03")
    gone = [("events", f"leaf {number}") for number in range(3)]
    assert _verified()[0] == [*gone, ("archive", "archive.audit_event_y2026m03")]
    assert rows("SELECT count(*) FROM audit_leaf") == [(5,)]
