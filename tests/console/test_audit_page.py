"""The audit page shows what the address asks for, newest first, pages by keyset, and leaves an event of its own."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import vocabulary
from audit.commands import record
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(as_system):
    vocabulary.register("test.happened", "test.ended")
    for number in range(60):
        with transaction.atomic():
            record(type="test.happened", resource_type="thing", resource_id=f"thing-{number:02}", reason=f"reason-{number:02}")
    with transaction.atomic():
        record(type="test.ended", resource_type="thing", resource_id="thing-00", diff={"state": ["on", "<b>off</b>"]})


@pytest.fixture
def auditor(client, cast):
    client.force_login(cast.auditor)
    return client


def _ids(response):
    return [row.event.resource_id for row in response.context["rows"]]


def test_pages_join_without_gap_or_repetition(trail, auditor):
    first = auditor.get("/audit/", {"type": "test.happened"})
    second = auditor.get("/audit/" + first.context["paging"].next_url)
    assert _ids(first) + _ids(second) == [f"thing-{number:02}" for number in reversed(range(60))]
    assert second.context["paging"].next_url == ""


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"resource_id": "thing-00"}, 2),
        ({"resource_id": " thing-00 ", "type": "test.ended"}, 1),
        ({"actor_id": "nobody"}, 0),
        ({"resource_type": "thing"}, 50),
        ({"outcome": "refused"}, 0),
        ({"since": "2999-01-01T00:00"}, 0),
        ({"since": "2020-01-01", "type": "test.ended"}, 1),
        ({"until": "2020-01-01T12:30:15"}, 0),
    ],
)
def test_filters_narrow(trail, auditor, filters, count):
    assert len(_ids(auditor.get("/audit/", filters))) == count


def test_times_of_the_filter_are_utc_whoever_reads(trail, auditor, cast):
    cast.auditor.time_zone = "Pacific/Auckland"
    cast.auditor.save()
    last = AuditEvent.objects.get(type="test.ended").recorded_at
    asked = {"type": "test.ended", "since": f"{last - timedelta(seconds=5):%Y-%m-%dT%H:%M:%S}"}
    assert _ids(auditor.get("/audit/", asked)) == ["thing-00"]


@pytest.mark.parametrize(
    "filters", [{"type": "no.such_thing"}, {"since": "yesterday"}, {"transaction_id": "17"}, {"actor_id": "a\0b"}]
)
def test_a_filter_that_makes_no_sense_finds_nothing_and_says_so(trail, auditor, filters):
    response = auditor.get("/audit/", filters)
    assert response.status_code == 200
    assert _ids(response) == []
    assert "The filter cannot be read" in response.content.decode()
    assert auditor.get("/audit/export/", filters).status_code == 404


def test_no_match_says_what_to_do(trail, auditor):
    page = auditor.get("/audit/", {"actor_id": "nobody"}).content.decode()
    assert "No event matches" in page
    assert "Take one away" in page


def test_a_damaged_page_link_starts_from_the_newest(trail, auditor):
    response = auditor.get("/audit/", {"after": "not-a-cursor", "type": "test.ended"})
    assert response.status_code == 200
    assert _ids(response) == ["thing-00"]


def test_kinds_and_events_are_chosen_from_what_there_is(trail, auditor):
    page = auditor.get("/audit/").content.decode()
    assert '<option value="thing">thing</option>' in page
    assert '<optgroup label="Ledger">' in page
    assert '<option value="ledger.hold_placed">Hold placed</option>' in page


def test_reading_is_an_event_that_the_next_reading_shows(trail, auditor):
    first = auditor.get("/audit/", {"actor_id": "auditor"})
    assert _ids(first) == []
    second = auditor.get("/audit/", {"actor_id": "auditor", "type": "audit.trail_read"})
    (row,) = second.context["rows"]
    assert (row.event.actor_id, row.event.resource_id) == ("auditor", "events")
    assert row.event.metadata == {"filters": {"actor_id": "auditor"}, "shown": 0}


def test_a_row_opens_beside_the_list(trail, auditor):
    event = AuditEvent.objects.get(type="test.ended")
    where = reverse("console:audit-event", args=[event.id])
    assert f'hx-get="{where}" hx-target="#drawer"' in auditor.get("/audit/").content.decode()
    response = auditor.get(where, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "HX-Request" in response["Vary"]
    assert "<html" not in page
    assert "data-open" in page
    assert "&lt;b&gt;off" in page


def test_a_list_costs_the_same_however_long_it_is(trail, auditor):
    costs = []
    for type_ in ("test.ended", "test.happened"):
        with CaptureQueriesContext(connection) as queries:
            auditor.get("/audit/", {"type": type_})
        costs.append(len(queries))
    assert costs[0] == costs[1] < 30
