"""Deciding on corrections in the console: what the page says comes from the stored bytes, and its end stands on it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import ApprovalRequest
from audit import clock, context
from audit.context import Actor
from backoffice.access.models import Operator
from ledger.commands import reverse as reverse_posting
from ledger.models import LedgerTransaction
from tests.console.office import text_of
from tests.console.test_corrections_pages import REVERSE, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(client, cast, books) -> ApprovalRequest:
    client.force_login(cast.maker)
    ask(client, REVERSE)
    return ApprovalRequest.objects.get()


def browser_of(operator: Operator) -> Client:
    browser = Client()
    browser.force_login(operator)
    return browser


def vote(browser: Client, asked: ApprovalRequest, decision: str = "approve", **changes: Any) -> Any:
    digest = bytes(asked.digest).hex()
    form = {"decision": decision, "digest": digest, "revision": asked.revision, "opened_at": clock.now().isoformat()}
    more = {"confirm": digest[-6:]} if decision == "approve" else {"reason": "it was right"}
    return browser.post(reverse("console:approval-decide", args=[asked.pk]), form | more | changes, follow=True)


def page_of(browser: Client, asked: ApprovalRequest) -> str:
    return text_of(browser.get(reverse("console:approval", args=[asked.pk])))


def test_the_page_says_what_would_be_booked_and_what_it_leaves(asked, cast):
    page = page_of(browser_of(cast.checker), asked)
    for words in (
        "<h1>Reverse posting deposit/globex/1: 7.00 USDC</h1>",
        'Debit</dt><dd><span class="wraps">7.00 USDC on client:globex:USDC.ethereum',
        'href="/ledger/postings/deposit/globex/1/"',
        "What it does to the balances",
        "before:",
        "Globex, client money",
        "booked twice",
        "carried out at once, after the books were asked again",
    ):
        assert words in page, words
    assert "told that it was rejected" not in page


def test_the_queue_shows_its_amount_and_client(asked, cast):
    page = text_of(browser_of(cast.checker).get("/approvals/"))
    for words in ("7.00", "Globex", "Reverse posting deposit/globex/1: 7.00 USDC", "waits for you"):
        assert words in page, words


def test_the_maker_is_told_that_somebody_else_decides(asked, client, cast):
    assert "You made it, so somebody else must decide it." in page_of(client, asked)
    refused = vote(client, asked)
    assert refused.status_code == 403
    assert not LedgerTransaction.objects.filter(reference="reversal/deposit/globex/1").exists()


def test_an_approval_books_it_and_links_both_ways(asked, cast):
    checker = browser_of(cast.checker)
    done = vote(checker, asked)
    assert "You approved it." in text_of(done)
    assert 'Booked</dt><dd><a href="/ledger/postings/reversal/deposit/globex/1/"' in text_of(done)
    assert "What it does to the balances" not in text_of(done)
    assert "It was carried out" in text_of(done)
    booked = text_of(checker.get("/ledger/postings/reversal/deposit/globex/1/"))
    assert f'href="/approvals/{asked.pk}/"' in booked
    assert "It was reversed by" in booked or "Reverses" in booked


def test_a_rejection_books_nothing(asked, cast):
    assert "You rejected it." in text_of(vote(browser_of(cast.checker), asked, "reject"))
    assert not LedgerTransaction.objects.filter(reference="reversal/deposit/globex/1").exists()


def test_what_the_books_refuse_by_now_ends_on_the_page_in_words(asked, cast):
    with context.bind(Actor.system("test")):
        reverse_posting(reference_of="deposit/globex/1", reference="other", reason="x", value_at=clock.now())
    checker = browser_of(cast.checker)
    refused = vote(checker, asked)
    assert refused.status_code == 409
    page = text_of(refused)
    assert "Your decision was not taken" in page
    assert "Posting deposit/globex/1 was reversed already." in page
    later = page_of(checker, asked)
    assert "It ended without being carried out" in later
    assert "Approved, but not carried out: Posting deposit/globex/1 was reversed already." in later
    assert ApprovalRequest.objects.get().status == "dismissed"
