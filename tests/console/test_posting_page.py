"""One posting as a page: the T of each asset, its times, what it corrects and what corrects it, and its events in the trail."""

import pytest
from django.urls import reverse

from audit import clock, context
from audit.context import Actor
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from ledger.commands import reverse as reverse_posting
from ledger.models import LedgerTransaction
from tests.console.office import GLOBEX, POSITION, operator_with, text_of
from tests.transfers.world import ACCOUNT, LONG_AGO, UNIT

pytestmark = pytest.mark.django_db
PAGE = "/ledger/postings/conversion/1/"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


def _book(reference, *lines, **more):
    with context.bind(Actor.system("test")):
        return post(Posting(reference=reference, kind="correction", value_at=clock.now(), lines=lines, **more))


def test_the_title_says_what_and_how_much(maker):
    assert "<h1>Conversion 1: 3.00 USDC</h1>" in text_of(maker.get(PAGE))


def test_debits_stand_left_and_credits_right_and_both_are_added_up(maker):
    response = maker.get(PAGE)
    (t,) = response.context["page"].ts
    assert [(line.title, line.amount, line.note) for line in t.debits] == [(ACCOUNT, 3 * UNIT, "then 999,997.00 USDC")]
    assert [(line.title, line.amount, line.note) for line in t.credits] == [(POSITION, 3 * UNIT, "")]
    assert t.debit_total == t.credit_total == 3 * UNIT
    page = text_of(response)
    assert reverse("console:account", args=[ACCOUNT]) in page
    assert page.index(">Debit<") < page.index(">Credit<") < page.index("Debits together")


def test_each_asset_has_its_own_t(maker):
    _book(
        "swap/1",
        Line.debit(ACCOUNT, 5),
        Line.credit(POSITION, 5),
        Line.debit("position:USDC.ethereum/MXN:MXN", 90),
        Line.credit("payable:payouts:MXN", 90),
    )
    response = maker.get("/ledger/postings/swap/1/")
    assert [(t.title, t.debit_total, t.credit_total) for t in response.context["page"].ts] == [
        ("USDC.ethereum", 5, 5),
        ("MXN", 90, 90),
    ]
    assert "0.000005 USDC and 0.90 MXN" in text_of(response)


def test_all_three_times_are_there(maker):
    page = text_of(maker.get(PAGE))
    assert "Counts from" in page
    assert "the outside has not confirmed it" in page
    _book("settled/1", Line.debit(ACCOUNT, 5), Line.credit(POSITION, 5), settled_at=LONG_AGO)
    assert "1 Jan 2026, 00:00:00 UTC" in text_of(maker.get("/ledger/postings/settled/1/"))


def test_a_reversal_and_its_original_lead_to_each_other(maker):
    with context.bind(Actor.system("test")):
        reverse_posting(reference_of="conversion/1", reference="undo/1", reason="booked twice", value_at=clock.now())
    original, reversal = text_of(maker.get(PAGE)), text_of(maker.get("/ledger/postings/undo/1/"))
    assert '<dt>Reversed by</dt><dd><a class="wraps" href="/ledger/postings/undo/1/">' in original
    assert '<span class="badge badge-look">reversed</span>' in original
    assert '<dt>Reverses</dt><dd><a class="wraps" href="/ledger/postings/conversion/1/">' in reversal
    assert "booked twice: 3.00 USDC" in reversal


def test_a_posting_of_a_transfer_leads_there(maker, books):
    transfer = books.order("10.00")
    _book("fee/1", Line.debit(ACCOUNT, 5), Line.credit(POSITION, 5), transaction_id=transfer.pk)
    assert f'href="/transfers/{transfer.pk}/"' in text_of(maker.get("/ledger/postings/fee/1/"))


def test_its_events_are_for_those_who_may_read_the_trail(client, cast, books):
    posting = LedgerTransaction.objects.get(reference="conversion/1")
    for person, count in ((cast.auditor, 1), (cast.checker, 0)):
        client.force_login(person)
        response = client.get(PAGE)
        assert len(response.context["page"].events) == count
        assert ("In the audit trail" in text_of(response)) is bool(count)
    client.force_login(cast.auditor)
    (row,) = client.get(PAGE).context["page"].events
    assert (row.event.type, row.event.resource_id) == ("ledger.posted", str(posting.pk))


def test_another_clients_line_has_no_name_no_link_and_no_balance(limited):
    page = text_of(limited.get(PAGE))
    assert "Account of another client" in page
    assert ACCOUNT not in page
    assert "999,997.00" not in page


def test_a_posting_between_other_clients_is_not_found(limited):
    with context.bind(Actor.system("test")):
        for code in ("client:acme:MXN", "client:initech:MXN"):
            owner = code.rpartition(":")[0]
            open_account(code=code, name=code, kind=AccountKind.CLIENT_MONEY, asset_id="MXN", owner=owner)
    _book("move/1", Line.debit("client:acme:MXN", 5), Line.credit("client:initech:MXN", 5), forced_kind="chargeback")
    assert limited.get("/ledger/postings/move/1/").status_code == 404
    assert limited.get("/ledger/postings/none/1/").status_code == 404


def test_only_who_sees_books_sees_it(client, cast, books):
    client.force_login(operator_with(cast, "support"))
    assert client.get(PAGE).status_code == 403
    assert client.get("/ledger/").status_code == 403
    assert client.get(reverse("console:account", args=[GLOBEX])).status_code == 403
