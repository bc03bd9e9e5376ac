"""Statements as files: of the interval on the page, recorded before they are given, only of accounts that one sees."""

import csv

import pytest
from django.urls import reverse

from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from ledger.commands import Line, Posting, post
from tests.console.office import GLOBEX, POSITION, operator_with, text_of
from tests.transfers.world import ACCOUNT, UNIT

pytestmark = pytest.mark.django_db
WALLET = "wallet:hot-1:USDC.ethereum"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


def _url(form, code=ACCOUNT):
    return reverse(f"console:statement-{form}", args=[code])


def _rows(response):
    return list(csv.DictReader(response.getvalue().decode().splitlines()))


def test_the_page_offers_both_for_its_interval(maker):
    page = text_of(maker.get(reverse("console:account", args=[ACCOUNT]), {"since": "2026-01-01", "until": "2026-01-31"}))
    for form in ("csv", "pdf"):
        assert f'href="{_url(form)}?since=2026-01-01&amp;until=2026-01-31&amp;by=booked_at" download' in page


def test_a_csv_runs_from_opening_to_closing(maker):
    response = maker.get(_url("csv"), {"since": "2026-01-02", "by": "value_at"})
    rows = _rows(response)
    assert [(row["line"], row["balance"]) for row in rows] == [
        ("opening", "1000000.000000"),
        ("1", "999997.000000"),
        ("closing", "999997.000000"),
    ]
    assert response["Content-Disposition"].startswith('attachment; filename="statement-client-acme-USDC.ethereum-2026-01-02-')
    assert response["Cache-Control"] == "no-store"


def test_a_csv_runs_no_formula(maker):
    with context.bind(Actor.system("test")):
        lines = (Line.debit(ACCOUNT, UNIT), Line.credit(WALLET, UNIT))
        post(Posting(reference="=1+1", kind="payout", value_at=clock.now(), lines=lines, description="@cmd"))
    row = next(row for row in _rows(maker.get(_url("csv"))) if row["reference"].endswith("=1+1"))
    assert (row["reference"], row["description"]) == ("'=1+1", "'@cmd")


def test_a_pdf_is_one(maker):
    response = maker.get(_url("pdf"))
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Type"] == "application/pdf"


def test_what_is_too_long_for_a_pdf_says_so_and_is_not_recorded(maker, monkeypatch):
    monkeypatch.setattr("ledger.exports.pdf_file.MOST_ROWS", 1)
    response = maker.get(_url("pdf"), {"since": "2020-01-01"}, follow=True)
    assert response.redirect_chain[0][0].startswith(reverse("console:account", args=[ACCOUNT]))
    assert "do not fit a PDF" in text_of(response)
    assert not AuditEvent.objects.filter(type="console.exported").exists()


@pytest.mark.parametrize("form", ["csv", "pdf"])
def test_taking_it_away_is_recorded(maker, form):
    maker.get(_url(form), {"since": "2026-01-01", "until": "2026-01-31", "by": "value_at"})
    event = AuditEvent.objects.get(type="console.exported")
    assert (event.actor_id, event.resource_type, event.resource_id) == ("maker", "account", ACCOUNT)
    assert event.metadata == {"form": form, "since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z", "by": "value_at"}


@pytest.mark.parametrize("form", ["csv", "pdf"])
def test_only_of_accounts_that_one_sees(limited, form):
    assert limited.get(_url(form)).status_code == 404
    assert not AuditEvent.objects.filter(type="console.exported").exists()
    assert limited.get(_url(form, GLOBEX)).status_code == 200
    assert limited.get(_url(form, POSITION)).status_code == 200


@pytest.mark.parametrize("form", ["csv", "pdf"])
def test_a_question_that_makes_no_sense_has_no_file(maker, form):
    assert maker.get(_url(form), {"since": "x"}).status_code == 404
    assert maker.get(f"/ledger/statements/{form}/a%00b/").status_code == 404
    assert maker.get(f"/ledger/statements/{form}/none/").status_code == 404


@pytest.mark.parametrize("form", ["csv", "pdf"])
def test_only_who_sees_books_gets_one(client, cast, books, form):
    client.force_login(operator_with(cast, "support"))
    assert client.get(_url(form)).status_code == 403
