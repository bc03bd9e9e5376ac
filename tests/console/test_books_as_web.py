"""Every page of the books and of the trail with nothing but the privileges of the process that serves it."""

import pytest
from django.urls import reverse

from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.console.ledger.tabs import tabs
from ledger.commands import take_snapshot
from ledger.models import LedgerTransaction
from ledger.snapshots.asked import SnapshotKind
from tests.console.office import text_of
from tests.transfers.world import ACCOUNT, LONG_AGO

pytestmark = pytest.mark.django_db
ACCOUNT_PAGE = f"/ledger/accounts/{ACCOUNT}/"
GROUPS = ("account", "room", "client", "corridor", "kind")


@pytest.fixture
def auditor(client, cast, books):
    client.force_login(cast.auditor)
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/ledger/",
        "/ledger/?q=acme",
        "/ledger/?overdrawn=on",
        ACCOUNT_PAGE,
        f"{ACCOUNT_PAGE}?by=value_at&since=2026-01-01&at=2026-02-01",
        f"{ACCOUNT_PAGE}?by=settled_at",
        f"/ledger/statements/csv/{ACCOUNT}/",
        f"/ledger/statements/pdf/{ACCOUNT}/",
        "/ledger/postings/conversion/1/",
        "/ledger/trial-balance/",
        "/ledger/trial-balance/?at=2026-02-01&by=value_at",
        "/ledger/proofs/",
        "/ledger/periods/",
        "/ledger/snapshots/",
        *(f"/ledger/revenue/?group={group}" for group in GROUPS),
        "/ledger/revenue/csv/",
        "/ledger/revenue/entries/?group=kind&value=withdrawal",
        "/ledger/revenue/entries/csv/?group=kind&value=withdrawal",
        "/terminal/",
        "/terminal/proposals/",
        "/terminal/deposit-addresses/",
        "/audit/",
        "/audit/?resource_id=acme",
        "/audit/export/",
        "/audit/actor/test/",
        "/audit/resource/client/acme/",
        "/audit/configuration/",
        "/audit/configuration/client/acme/",
    ],
)
def test_a_page_is_served(auditor, database_role, path):
    with database_role("countersign_web"):
        response = auditor.get(path)
        assert response.status_code == 200
        assert b"".join(response)


def test_an_event_is_served_with_its_neighbours(auditor, database_role):
    posting = LedgerTransaction.objects.get(reference="conversion/1")
    event = AuditEvent.objects.get(resource_id=str(posting.pk))
    with database_role("countersign_web"):
        assert auditor.get(reverse("console:audit-event", args=[event.id])).status_code == 200
        assert auditor.get(reverse("console:audit-proof", args=[event.id])).status_code == 302


def test_a_snapshot_is_served_and_verified(auditor, database_role):
    with context.bind(Actor.system("test")):
        taken = take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=LONG_AGO)
    with database_role("countersign_web"):
        assert auditor.get(reverse("console:snapshot-download", args=[taken.id])).status_code == 200
        response = auditor.post(reverse("console:snapshot-verify", args=[taken.id]), follow=True)
        assert "holds: the books say the same bytes." in text_of(response)


def test_every_page_of_the_books_leads_to_every_other(auditor):
    wanted = {tab.url for tab in tabs("accounts")}
    assert len(wanted) == 6
    for url in wanted:
        page = text_of(auditor.get(url))
        assert all(f'href="{other}"' in page for other in wanted), url
        assert f'<a href="{url}" aria-current="page">' in page
