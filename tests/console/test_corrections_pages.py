"""Asking for corrections in the console: form, review, request. Nothing is booked, and what is refused says why."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import ApprovalRequest
from approvals.models import Client as Customer
from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from ledger.commands import Line, Posting, book_overdraft_receivable, post
from ledger.commands import reverse as reverse_posting
from ledger.models import LedgerTransaction
from ledger.queries import balance
from tests.console.office import GLOBEX, operator_with, text_of
from tests.transfers.world import ACCOUNT, UNIT

pytestmark = pytest.mark.django_db
REVERSE = "/ledger/corrections/reverse/?posting=deposit/globex/1"
OVERDRAFT = f"/ledger/corrections/overdraft/?account={GLOBEX}&verb="
WALLET = "wallet:hot-1:USDC.ethereum"
CLAIM = "overdraft:client:globex:USDC.ethereum"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


@pytest.fixture
def overdrawn(maker):
    """The outside took 9 of the 7 USDC that Globex had."""
    with context.bind(Actor.system("test")):
        lines = (Line.debit(GLOBEX, 9 * UNIT), Line.credit(WALLET, 9 * UNIT))
        post(Posting(reference="chargeback/1", kind="chargeback", value_at=clock.now(), lines=lines, forced_kind="chargeback"))
    return maker


def hidden(page: Any) -> dict[str, str]:
    """The fields of the page's form as a browser would send them back."""
    tags = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    return {name: value for name, value in tags if name != "csrfmiddlewaretoken"}


def review(browser: Client, url: str, **given: str) -> Any:
    drawn = hidden(browser.get(url))
    return browser.post(url, drawn | {"reason": "booked twice", "step": "review"} | given)


def ask(browser: Client, url: str, **given: str) -> Any:
    page = review(browser, url, **given)
    assert page.status_code == 200, text_of(page)
    return browser.post(url, hidden(page) | {"step": "ask"}, follow=True)


def _nothing_asked() -> bool:
    return not ApprovalRequest.objects.exists() and not LedgerTransaction.objects.filter(reference__startswith="reversal/").exists()


def test_the_review_shows_what_would_be_booked_and_what_it_leaves(maker):
    page = review(maker, REVERSE)
    assert page.status_code == 200
    text = text_of(page)
    for words in (
        "Reverse posting deposit/globex/1: 7.00 USDC",
        "before:",
        "7.00",
        "0.00",
        "booked twice",
        "1 approval by people",
    ):
        assert words in text, words
    assert _nothing_asked()


def test_what_was_reviewed_is_asked_for_and_waits_on_the_record(maker):
    done = ask(maker, REVERSE)
    assert done.redirect_chain == [("/ledger/postings/deposit/globex/1/", 302)]
    asked = ApprovalRequest.objects.get()
    assert (asked.action, asked.client_id, asked.quorum, asked.title) == (
        "ledger.correct",
        "globex",
        1,
        "Reverse posting deposit/globex/1: 7.00 USDC",
    )
    text = text_of(done)
    assert "Asked: one other person decides. Nothing is booked before." in text
    assert "It waits for approval" in text
    assert f'href="/approvals/{asked.pk}/"' in text
    assert "A request about it is waiting for approval; one at a time." in text
    assert not LedgerTransaction.objects.filter(reference="reversal/deposit/globex/1").exists()


def test_a_press_sent_twice_asks_once(maker):
    page = review(maker, REVERSE)
    for _ in range(2):
        last = maker.post(REVERSE, hidden(page) | {"step": "ask"})
    asked = ApprovalRequest.objects.get()
    assert last.headers["Location"] == f"/approvals/{asked.pk}/"


def test_a_second_request_about_the_same_posting_is_refused_in_words(maker):
    page = review(maker, REVERSE, reason="not ours")
    ask(maker, REVERSE)
    again = maker.post(REVERSE, hidden(page) | {"step": "ask"})
    assert again.status_code == 409
    assert "is waiting already" in text_of(again)
    assert ApprovalRequest.objects.count() == 1
    assert AuditEvent.objects.filter(type="console.correction_refused", outcome="refused").count() == 1


def test_change_gives_the_form_back_as_it_was_filled_in(maker):
    page = review(maker, REVERSE, reason="what I wrote")
    back = maker.post(REVERSE, hidden(page) | {"step": "change"})
    assert back.status_code == 200
    assert "what I wrote" in text_of(back)
    assert _nothing_asked()


@pytest.mark.parametrize("given", [{"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}])
def test_a_form_that_is_not_whole_comes_back_with_its_errors(maker, given):
    page = review(maker, REVERSE, **given)
    assert page.status_code == 422
    assert 'class="field-error"' in page.content.decode()
    assert _nothing_asked()


def test_what_could_not_be_booked_is_not_reviewed(maker):
    """Globex spent what it had got."""
    with context.bind(Actor.system("test")):
        lines = (Line.debit(GLOBEX, 4 * UNIT), Line.credit(WALLET, 4 * UNIT))
        post(Posting(reference="spent/1", kind="test", value_at=clock.now(), lines=lines))
    page = review(maker, REVERSE)
    assert page.status_code == 422
    assert f"{GLOBEX} has 3.00 USDC available, and 7.00 USDC would be taken from it." in text_of(page)
    assert _nothing_asked()
    forced = review(maker, REVERSE, below_zero="on")
    assert "2 approvals by people" in text_of(forced)
    assert "-4.00" in text_of(forced)


def test_what_was_reversed_between_review_and_request_is_refused_in_words(maker):
    page = review(maker, REVERSE)
    with context.bind(Actor.system("test")):
        reverse_posting(reference_of="deposit/globex/1", reference="other", reason="x", value_at=clock.now())
    refused = maker.post(REVERSE, hidden(page) | {"step": "ask"})
    assert refused.status_code == 409
    assert "Posting deposit/globex/1 was reversed already." in text_of(refused)
    assert ApprovalRequest.objects.count() == 0
    record = text_of(maker.get("/ledger/postings/deposit/globex/1/"))
    assert "It was reversed by other." in record


@pytest.mark.parametrize("signed", ["", "nonsense"])
def test_only_what_was_reviewed_is_asked_for(maker, signed):
    refused = maker.post(REVERSE, hidden(review(maker, REVERSE)) | {"step": "ask", "signed": signed})
    assert (refused.status_code, "The review is too old. Read it again." in text_of(refused)) == (409, True)
    assert _nothing_asked()


def test_a_review_is_ones_own(maker, cast):
    kept = hidden(review(maker, REVERSE))
    maker.force_login(operator_with(cast, "treasury", Customer.objects.get(pk="globex")))
    refused = maker.post(REVERSE, kept | {"step": "ask"})
    assert (refused.status_code, "Read it yourself." in text_of(refused)) == (409, True)
    assert _nothing_asked()


def test_an_account_that_belongs_to_no_person_cannot_ask(maker, cast):
    page = review(maker, REVERSE)
    type(cast.maker).objects.filter(pk=cast.maker.pk).update(person=None)
    refused = maker.post(REVERSE, hidden(page) | {"step": "ask"})
    assert refused.status_code == 403
    assert "belongs to no person" in text_of(refused)
    assert _nothing_asked()


def test_who_may_not_ask_is_told_who_may(client, cast, books):
    client.force_login(cast.checker)
    assert client.get(REVERSE).status_code == 403
    assert client.post(REVERSE, {"step": "ask"}).status_code == 403
    page = text_of(client.get("/ledger/postings/deposit/globex/1/"))
    assert "An operator or treasury asks for it." in page
    assert "corrections/reverse" not in page


def test_a_posting_with_accounts_one_does_not_see_is_not_corrected(limited):
    """Acme's conversion is not Globex's business; the deposit of Globex is."""
    assert limited.get("/ledger/corrections/reverse/?posting=conversion/1").status_code == 404
    assert "It concerns accounts that you do not see." in text_of(limited.get("/ledger/postings/conversion/1/"))
    assert limited.get(REVERSE).status_code == 200
    assert limited.get(f"/ledger/corrections/overdraft/?account={ACCOUNT}&verb=receivable").status_code == 404


@pytest.mark.parametrize(
    "url", ["/ledger/corrections/reverse/", "/ledger/corrections/reverse/?posting=%00", "/ledger/corrections/overdraft/"]
)
def test_of_nothing_nothing_is_asked(maker, url):
    assert maker.get(f"/ledger/corrections/{url}").status_code == 404


def test_an_overdrawn_account_says_so_and_offers_the_ways_back(overdrawn):
    page = text_of(overdrawn.get(reverse("console:account", args=[GLOBEX])))
    for words in ("Get it back", "2.00 USDC", "Claim it as a receivable…", "The client has no other money in this asset."):
        assert words in page, words
    assert "Get it back" not in text_of(overdrawn.get(reverse("console:account", args=[ACCOUNT])))


def test_a_claim_is_asked_for_with_the_amount_that_is_owed(overdrawn):
    assert '<input type="text" name="amount" value="2.00"' in overdrawn.get(f"{OVERDRAFT}receivable").content.decode()
    page = review(overdrawn, f"{OVERDRAFT}receivable", amount="2.00")
    text = text_of(page)
    for words in (f"Claim 2.00 USDC that {GLOBEX} is below zero", "opened with this posting", "-2.00"):
        assert words in text, words
    done = overdrawn.post(f"{OVERDRAFT}receivable", hidden(page) | {"step": "ask"}, follow=True)
    assert ApprovalRequest.objects.get().subject_id == GLOBEX
    assert "It waits for approval" in text_of(done)
    assert balance(GLOBEX).posted == -2 * UNIT


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("2.01", "only 2.00 USDC is owed by now"),
        ("0", "above zero"),
        ("two", "is not an amount"),
        ("0.0000001", "digits"),
        ("", "required"),
    ],
)
def test_an_amount_that_is_none_or_too_much_is_refused(overdrawn, amount, words):
    page = review(overdrawn, f"{OVERDRAFT}receivable", amount=amount)
    assert page.status_code == 422
    assert words in text_of(page)
    assert ApprovalRequest.objects.count() == 0


def test_a_receivable_is_repaid_or_written_off(overdrawn):
    with context.bind(Actor.system("test")):
        book_overdraft_receivable(reference="r", account_code=GLOBEX, amount_minor=2 * UNIT, reason="x", value_at=clock.now())
    page = text_of(overdrawn.get(reverse("console:account", args=[CLAIM])))
    for words in ("Book a repayment…", "Write it off…", "The client has no other money in this asset."):
        assert words in page, words
    url = f"/ledger/corrections/overdraft/?account={CLAIM}&verb="
    assert "Paid into" in text_of(overdrawn.get(f"{url}repayment"))
    assert "2 approvals by people" in text_of(review(overdrawn, f"{url}write-off", amount="1"))
    ask(overdrawn, f"{url}repayment", amount="0.5", counter=WALLET)
    assert ApprovalRequest.objects.get().title == f"Book a repayment of 0.50 USDC on {CLAIM}"
    # A step that is not offered there leads back to the account.
    away = overdrawn.get(f"{url}receivable", follow=True)
    assert away.redirect_chain[0][0] == reverse("console:account", args=[CLAIM])


def test_a_month_is_asked_for_by_treasury_and_shown_with_its_figures(client, cast, books):
    treasurer = operator_with(cast, "treasury")
    client.force_login(treasurer)
    with context.bind(Actor.system("test")):
        long_ago = clock.now().replace(year=clock.now().year - 1)
        lines = (Line.debit(WALLET, 1), Line.credit(GLOBEX, 1))
        post(Posting(reference="old/1", kind="deposit", value_at=long_ago, lines=lines))
    url = f"/ledger/corrections/period/?month={long_ago:%Y-%m}&verb=close"
    page = client.get(url)
    assert "1 valued in it" in text_of(page)
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "month end"}).status_code == 302
    asked = ApprovalRequest.objects.get()
    assert (asked.action, asked.subject_id, asked.quorum) == ("ledger.period", f"{long_ago:%Y-%m}", 1)
    again = client.post(url, {"reason": "month end"})
    assert (again.status_code, "Somebody has asked already" in text_of(again)) == (422, True)
    following = f"/ledger/corrections/period/?month={clock.now():%Y-%m}&verb=close"
    refused = client.post(following, {"reason": "eager"})
    assert (refused.status_code, "is not over yet" in text_of(refused)) == (422, True)
    assert client.get("/ledger/corrections/period/?month=1999-01&verb=close").status_code == 404
    client.force_login(cast.maker)
    assert client.get(url).status_code == 403
