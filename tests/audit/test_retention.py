"""The policy says what is due, never more, and removes nothing."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import clock, retention
from audit.retention import BadRetention, due, policy
from tests.ledger.past import ensure_month

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def _class(name: str, given: dict[str, str] | None = None) -> retention.RetentionClass:
    return next(found for found in policy(given or {}) if found.name == name)


def _run() -> str:
    out = io.StringIO()
    call_command("retention", stdout=out)
    return out.getvalue()


def test_every_class_has_its_months() -> None:
    assert {found.name: (found.attached_months, found.kept_months) for found in policy({})} == {
        "api_responses": (3, 120),
        "audit_trail": (24, 120),
        "ledger_entries": (24, 120),
        "provider_messages": (12, 60),
        "transfer_events": (24, 120),
    }
    assert _class("audit_trail", {"audit_trail": "6/12"}).attached_months == 6


@pytest.mark.parametrize("given", [{"diaries": "1/2"}, {"audit_trail": "12"}, {"audit_trail": "12/6"}, {"audit_trail": "0/6"}])
def test_a_setting_that_makes_no_sense_is_refused(given: dict[str, str], settings: Any) -> None:
    with pytest.raises(BadRetention):
        policy(given)
    settings.RETENTION = given
    assert [found.id for found in retention.check()] == ["audit.E001"]
    with pytest.raises(CommandError):
        _run()


def test_a_month_is_due_when_its_time_is_over() -> None:
    ensure_month(datetime(2024, 10, 1, tzinfo=UTC), "audit_event")
    ensure_month(datetime(2024, 11, 1, tzinfo=UTC), "audit_event")
    found = list(due(_class("audit_trail"), NOW))
    assert [(one.what, one.command) for one in found] == [
        ("audit_event_y2024m10 may be archived", "archive_partition audit_event 2024-10")
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_archive (source, month, action, rows, sha256, file, done_by)"
            " VALUES ('audit_event', '2016-10-01', 'dropped', 1, sha256(''), 'old.tsv.gz', 'me')"
        )
    assert [one.what for one in due(_class("audit_trail"), NOW)][1:] == ["audit_event_y2016m10 need no longer be kept: old.tsv.gz"]


def test_rows_of_other_tables_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO transfers_inboundwebhook (id, source, webhook_id, headers, body, status, detail, deliveries, received_at)"
            " SELECT gen_random_uuid(), 'bank', n::text, '{}', '', 'stored', '', 1, '2025-10-01'::timestamptz"
            " + n * interval '40 days' FROM generate_series(0, 2) AS n"
        )
    assert [one.what for one in due(_class("provider_messages"), NOW)] == [
        "2 rows of transfers_inboundwebhook are older than 12 months, the oldest of 2025-10-01"
    ]
    monkeypatch.setattr(clock, "now", lambda: NOW)
    said = _run()
    assert (
        "provider_messages (what providers were told and answered, and webhooks as they came in): attached 12 months, kept 60"
        in said
    )
    assert "  due: 2 rows of transfers_inboundwebhook are older than 12 months, the oldest of 2025-10-01\n" in said
