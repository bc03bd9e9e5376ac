"""Pages that would need archived months say so, from when on they can answer, and never show less as if it were all."""

from datetime import timedelta

import pytest

from audit import clock
from audit.models import AuditEvent
from backoffice.console.ledger.intervals import IntervalForm, interval
from ledger.models import Entry, LedgerTransaction
from tests.console.office import text_of
from tests.ledger.lies import lie
from tests.transfers.world import ACCOUNT

pytestmark = pytest.mark.django_db
USUAL = (
    f"/ledger/accounts/{ACCOUNT}/",
    f"/ledger/statements/csv/{ACCOUNT}/",
    f"/ledger/statements/pdf/{ACCOUNT}/",
    "/ledger/revenue/",
    "/ledger/revenue/csv/",
    "/ledger/revenue/entries/?group=kind&value=withdrawal",
    "/ledger/revenue/entries/csv/?group=kind&value=withdrawal",
)
PAGES = ("/ledger/trial-balance/?at=2026-01-02", *(f"{path}{'&' if '?' in path else '?'}since=2026-01-02" for path in USUAL))


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


@pytest.fixture
def archived(monkeypatch):
    """As if everything up to yesterday were archived."""
    until = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    monkeypatch.setattr("ledger.queries.archived.archived_until", lambda _: until)
    return until


@pytest.mark.parametrize("path", PAGES)
def test_it_says_from_when_on_it_can_answer(maker, archived, path):
    response = maker.get(path)
    assert response.status_code == 422
    page = text_of(response)
    assert "<h1>This needs entries that are archived</h1>" in page
    assert f"?since={archived:%Y-%m-%d}" in page
    assert f"reattach_partition ledger_entry {archived - timedelta(days=1):%Y-%m}" in page
    assert not AuditEvent.objects.filter(type="console.exported").exists()


@pytest.mark.parametrize("path", [path for path in USUAL if "revenue" in path])
def test_it_answers_from_then_on_when_nothing_else_is_asked_for(maker, archived, path):
    assert maker.get(path).status_code == 200


def test_the_usual_interval_begins_where_entries_are_at_hand(archived):
    assert interval(IntervalForm({})).first == archived.date()
    # Nothing of a month that is archived whole is at hand: that is said, and not an interval turned round.
    before = archived.date() - timedelta(days=40)
    assert interval(IntervalForm({"until": before.isoformat()})).first == before - timedelta(days=30)


def test_a_posting_whose_entries_are_archived_says_so_to_those_who_see_every_client(maker, limited, client, cast):
    posting = LedgerTransaction.objects.get(reference="conversion/1")
    lie(f"DELETE FROM ledger_entry WHERE transaction_id = '{posting.pk}'", about=("ledger_entry",))
    assert not Entry.objects.filter(transaction=posting).exists()
    assert limited.get("/ledger/postings/conversion/1/").status_code == 404
    client.force_login(cast.maker)
    page = text_of(client.get("/ledger/postings/conversion/1/"))
    assert "<h1>Conversion 1</h1>" in page
    assert "Its entries are archived" in page


def test_the_trail_says_what_is_not_in_its_list(client, cast, monkeypatch):
    client.force_login(cast.auditor)
    assert "are archived" not in text_of(client.get("/audit/"))
    until = clock.now() - timedelta(days=400)
    monkeypatch.setattr("backoffice.console.views.audit.archived_until", lambda _: until)
    assert f'Events recorded before <time class="moment" datetime="{until.isoformat()}"' in text_of(client.get("/audit/"))
    assert "is archived" in text_of(client.get("/audit/actor/nobody/"))
