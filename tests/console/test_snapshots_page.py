"""Snapshots as a page: what each says with its hash, its bytes, whether the books still agree; never other clients' accounts."""

import hashlib
from datetime import timedelta

import pytest
from django.urls import reverse

from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from ledger.commands import take_snapshot
from ledger.queries import TimeBasis
from ledger.queries.snapshots import Verdict
from ledger.snapshots.asked import SnapshotKind
from tests.console.office import GLOBEX, operator_with, text_of
from tests.transfers.world import ACCOUNT, LONG_AGO

pytestmark = pytest.mark.django_db
PAGE = "/ledger/snapshots/"
AT = LONG_AGO + timedelta(days=1)
BALANCES, STATEMENT, TRIAL = SnapshotKind.BALANCES, SnapshotKind.STATEMENT, SnapshotKind.TRIAL_BALANCE


@pytest.fixture
def taken(books):
    """One of the whole book, one of Globex, one of the house, one statement each of Acme and of Globex."""
    with context.bind(Actor.system("closer")):
        return {
            "trial": take_snapshot(kind=TRIAL, at=AT),
            "globex": take_snapshot(kind=BALANCES, at=AT, parameters={"owner": "client:globex"}),
            "house": take_snapshot(kind=BALANCES, at=AT, parameters={"owner": ""}),
            "of acme": take_snapshot(kind=STATEMENT, at=AT, parameters={"account": ACCOUNT, "since": LONG_AGO.isoformat()}),
            "of globex": take_snapshot(kind=STATEMENT, at=AT, parameters={"account": GLOBEX, "since": LONG_AGO.isoformat()}),
        }


@pytest.fixture
def maker(client, cast, taken):
    client.force_login(cast.maker)
    return client


def _titles(response):
    return [line.title for line in response.context["page"].lines]


def test_each_says_of_what_and_of_when_with_its_hash(maker, taken):
    response = maker.get(PAGE)
    assert _titles(response) == [
        f"Statement of {GLOBEX} from 1 Jan 2026",
        f"Statement of {ACCOUNT} from 1 Jan 2026",
        "Balances of the house",
        "Balances of client:globex",
        "Trial balance",
    ]
    page = text_of(response)
    for one in taken.values():
        assert one.sha256 in page
    assert "2 Jan 2026, 00:00:00 UTC" in page
    assert "by closer" in page


def test_pages_join(maker, monkeypatch):
    whole = _titles(maker.get(PAGE))
    monkeypatch.setattr("backoffice.console.ledger.snapshots.PAGE", 2)
    joined, where = [], PAGE
    while where:
        response = maker.get(where)
        joined += _titles(response)
        following = response.context["page"].paging.next_url
        where = following and PAGE + following
    assert joined == whole
    assert len(_titles(maker.get(PAGE, {"before": "broken"}))) == 2


def test_the_bytes_have_their_hash_and_taking_them_away_is_recorded(maker, taken):
    response = maker.get(reverse("console:snapshot-download", args=[taken["trial"].id]))
    assert hashlib.sha256(response.content).hexdigest() == taken["trial"].sha256
    assert taken["trial"].file_name in response["Content-Disposition"]
    event = AuditEvent.objects.get(type="console.exported")
    assert (event.resource_type, event.resource_id, event.metadata) == (
        "snapshot",
        str(taken["trial"].id),
        {"sha256": taken["trial"].sha256},
    )


def test_verifying_reckons_it_anew(maker, taken):
    response = maker.post(reverse("console:snapshot-verify", args=[taken["trial"].id]), follow=True)
    assert "holds: the books say the same bytes." in text_of(response)


@pytest.mark.parametrize(("holds", "words"), [(False, "does NOT hold: the stored bytes"), (None, "the stored bytes")])
def test_what_does_not_hold_or_could_not_be_checked_is_said(maker, taken, monkeypatch, holds, words):
    verdict = Verdict(taken["trial"], holds=holds, message="the stored bytes are others")
    monkeypatch.setattr("backoffice.console.views.snapshots.verify_snapshot", lambda _: verdict)
    response = maker.post(reverse("console:snapshot-verify", args=[taken["trial"].id]), follow=True)
    assert words in text_of(response)
    assert "toast-error" in text_of(response) if holds is False else "toast-warning" in text_of(response)


def test_snapshots_with_other_clients_accounts_are_not_there(limited, taken):
    response = limited.get(PAGE)
    assert _titles(response) == [f"Statement of {GLOBEX} from 1 Jan 2026", "Balances of the house", "Balances of client:globex"]
    assert ACCOUNT not in text_of(response)
    assert "2 more hold accounts of clients you do not see." in text_of(response)
    for name, status in (("trial", 404), ("of acme", 404), ("globex", 200), ("house", 200), ("of globex", 200)):
        assert limited.get(reverse("console:snapshot-download", args=[taken[name].id])).status_code == status, name
    assert limited.post(reverse("console:snapshot-verify", args=[taken["trial"].id])).status_code == 404
    assert AuditEvent.objects.filter(type="console.exported").count() == 3


def test_by_value_time_it_says_as_known_when(client, cast, books):
    with context.bind(Actor.system("closer")):
        take_snapshot(kind=TRIAL, at=AT, by=TimeBasis.VALUE, known_at=LONG_AGO)
    client.force_login(cast.maker)
    page = text_of(client.get(PAGE))
    assert "by value time" in page
    assert "as known" in page


def test_before_the_first_the_page_says_how_they_come(client, cast, books):
    client.force_login(cast.maker)
    assert "No snapshot was taken yet" in text_of(client.get(PAGE))


def test_only_who_sees_books_sees_them(client, cast, taken):
    client.force_login(operator_with(cast, "support"))
    assert client.get(PAGE).status_code == 403
    assert client.get(reverse("console:snapshot-download", args=[taken["house"].id])).status_code == 403
    assert client.post(reverse("console:snapshot-verify", args=[taken["house"].id])).status_code == 403
