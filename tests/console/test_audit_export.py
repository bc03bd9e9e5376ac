"""The trail as a file: what the filter finds, whole, recorded, and harmless in a spreadsheet."""

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from audit import vocabulary
from audit.commands import record
from audit.models import AuditEvent
from backoffice.console.exports import cell
from tests.console.office import operator_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client, cast):
    client.force_login(cast.auditor)
    return client


def _record(number, **more):
    vocabulary.register("test.happened")
    with transaction.atomic():
        return record(type="test.happened", resource_type="thing", resource_id=str(number), **more)


def _rows(response):
    return list(csv.DictReader(response.getvalue().decode().splitlines()))


def test_every_field_of_every_event_that_matches_newest_first(auditor, as_system):
    first = _record(1, reason="because", diff={"a": [1, 2]}, metadata={"k": "v"})
    _record(2, outcome="refused", reason="no")
    rows = _rows(auditor.get("/audit/export/", {"type": "test.happened"}))
    assert [row["resource_id"] for row in rows] == ["2", "1"]
    event = AuditEvent.objects.get(id=first)
    assert rows[1]["id"] == str(first)
    assert rows[1]["recorded_at"] == event.recorded_at.isoformat().replace("+00:00", "Z")
    assert (json.loads(rows[1]["diff"]), json.loads(rows[1]["metadata"])) == ({"a": [1, 2]}, {"k": "v"})
    assert (rows[1]["reason"], rows[1]["txid"], rows[0]["outcome"]) == ("because", str(event.txid), "refused")


def test_more_than_one_batch_is_complete(auditor, as_system, monkeypatch):
    monkeypatch.setattr("backoffice.console.audit.explorer._BATCH", 7)
    for number in range(20):
        _record(number)
    rows = _rows(auditor.get("/audit/export/", {"type": "test.happened"}))
    assert [row["resource_id"] for row in rows] == [str(number) for number in reversed(range(20))]


def test_the_export_is_recorded_with_its_filter_and_ends_before_its_own_event(auditor, as_system):
    _record(1)
    response = auditor.get("/audit/export/", {"resource_id": "1"})
    own = AuditEvent.objects.get(type="audit.exported")
    assert (own.actor_id, own.resource_type, own.metadata) == ("auditor", "audit_trail", {"filters": {"resource_id": "1"}})
    assert [row["type"] for row in _rows(response)] == ["test.happened"]
    everything = _rows(auditor.get("/audit/export/"))
    assert everything[0]["id"] == str(own.id)
    assert AuditEvent.objects.filter(type="audit.exported").count() == 2


def test_it_is_a_download_that_nobody_keeps(auditor):
    response = auditor.get("/audit/export/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-')
    assert response["Cache-Control"] == "no-store"


def test_a_formula_in_the_trail_is_text_in_the_file(auditor, as_system):
    _record(1, reason='=HYPERLINK("x")')
    (row,) = _rows(auditor.get("/audit/export/", {"type": "test.happened"}))
    assert row["reason"] == '\'=HYPERLINK("x")'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("+1 555", "'+1 555"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\uff1d1", "'\uff1d1"),
        ("-12.50", "-12.50"),
        ("-1e5", "'-1e5"),
        (-7, "-7"),
        (Decimal("-0.5"), "-0.5"),
        (datetime(2026, 11, 20, 12, tzinfo=UTC), "2026-11-20T12:00:00Z"),
        ({"b": 1, "a": "="}, '{"a": "=", "b": 1}'),
    ],
)
def test_a_cell_is_never_a_formula_and_a_number_stays_one(value, written):
    assert cell(value) == written


def test_only_who_reads_the_trail_exports_it(client, cast):
    client.force_login(operator_with(cast, "approver"))
    assert client.get("/audit/export/").status_code == 403
    assert not AuditEvent.objects.filter(type="audit.exported").exists()
