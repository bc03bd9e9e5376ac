"""The audit page shows what the address asks for, newest first, and pages by keyset."""

import pytest
from django.db import transaction

from audit import vocabulary
from audit.commands import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(as_system, monkeypatch):
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


def test_pages_join_without_gap_or_repetition(trail, auditor):
    first = auditor.get("/audit/", {"type": "test.happened"})
    rows = [event.resource_id for event in first.context["rows"]]
    second = auditor.get("/audit/" + first.context["paging"].next_url)
    rows += [event.resource_id for event in second.context["rows"]]
    assert rows == [f"thing-{number:02}" for number in reversed(range(60))]
    assert second.context["paging"].next_url == ""


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"resource_id": "thing-00"}, 2),
        ({"resource_id": "thing-00", "type": "test.ended"}, 1),
        ({"actor_id": "nobody"}, 0),
        ({"resource_type": " thing "}, 50),
    ],
)
def test_filters_narrow(trail, auditor, filters, count):
    assert len(auditor.get("/audit/", filters).context["rows"]) == count


def test_no_match_says_what_to_do(trail, auditor):
    page = auditor.get("/audit/", {"actor_id": "nobody"}).content.decode()
    assert "No event matches" in page
    assert "Take one away" in page


def test_a_damaged_page_link_starts_from_the_newest(trail, auditor):
    response = auditor.get("/audit/", {"after": "not-a-cursor", "type": "test.ended"})
    assert response.status_code == 200
    assert len(response.context["rows"]) == 1


def test_a_diff_is_shown_as_text(trail, auditor):
    page = auditor.get("/audit/", {"type": "test.ended"}).content.decode()
    assert "<b>off</b>" not in page
    assert "&lt;b&gt;off" in page
