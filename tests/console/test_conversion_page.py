"""Converting in the console: a firm price taken apart, taken once while it holds; and what promotions promise and have paid."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from audit import clock, context
from audit.context import Actor
from tests.console.test_send_back_pages import signed_in
from tests.transfers import world as worlds
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.within import USD, exchange
from tests.transfers.world import drive_until
from transfers.commands.promotions import create_promotion, fund_promotion
from transfers.models import Quote, Transfer

pytestmark = pytest.mark.django_db
NOTHING_YET = "There is no promotion"


@pytest.fixture
def tame() -> Iterator[Tame]:
    with context.bind(Actor.system("test")), tame_outside() as tame:
        worlds.build()
        exchange()
        tame.desk_rate = tame.desk_rate / 17
        yield tame


def page() -> str:
    return reverse("console:transfer-convert")


def sent(browser: Any, step: str, **changes: str) -> Any:
    shown = browser.get(f"{page()}?client=acme").content.decode()
    found = re.search(r'name="token" value="([^"]+)"', shown)
    assert found is not None
    usual = {"client": "acme", "corridor": "USDC-USD", "amount": "900.00", "reference": "R-1", "token": found.group(1)}
    return browser.post(page(), usual | {"step": step} | changes)


def promoted(budget: int) -> None:
    now = clock.now()
    create_promotion(
        code="spring",
        title="Spring",
        corridor_id="USDC-USD",
        asset_id=USD,
        bps=50,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=9),
    )
    fund_promotion(code="spring", amount=budget, reference="first")


def test_a_firm_price_is_shown_with_all_that_it_costs_and_taken_once(tame: Tame) -> None:
    browser = signed_in("asker")
    shown = sent(browser, "price").content.decode()
    quote = Quote.objects.get()
    assert (quote.kind, quote.client_id, Transfer.objects.count()) == ("firm", "acme", 0)
    for words in ("data-until", "898.20", "1.80", "20 basis points", "0.10", "data-while-good"):
        assert words in shown
    token = re.search(r'name="token" value="([^"]+)"', shown)
    assert token is not None
    for _ in range(2):
        taken = sent(browser, "give", token=token.group(1), quote_id=str(quote.pk))
        assert taken.status_code == 302
    transfer = Transfer.objects.get()
    assert (transfer.named_quote_id, transfer.route, transfer.client_reference) == (quote.pk, "conversion", "R-1")
    assert drive_until(transfer, "CONFIRMED").target_amount == quote.target_amount


def test_a_price_that_has_run_out_is_not_taken(tame: Tame) -> None:
    browser = signed_in("asker")
    sent(browser, "price")
    quote = Quote.objects.get()
    later = quote.expires_at + timedelta(seconds=1)
    with clock.using(lambda: later):
        refused = sent(browser, "give", quote_id=str(quote.pk))
    assert (refused.status_code, Transfer.objects.count()) == (422, 0)
    assert "ask for a new one" in refused.content.decode()


@pytest.mark.parametrize(("changes", "words"), [({"amount": "lots"}, "field-error"), ({"corridor": "US-MX"}, "field-error")])
def test_what_cannot_be_read_makes_nothing(tame: Tame, changes: dict[str, str], words: str) -> None:
    refused = sent(signed_in("asker"), "price", **changes)
    assert (refused.status_code, words in refused.content.decode(), Quote.objects.count()) == (422, True, 0)


def test_more_than_there_is_would_be_refused_and_the_page_says_so(tame: Tame) -> None:
    shown = sent(signed_in("asker"), "price", amount="2000000").content.decode()
    assert "does not cover amount and fee" in shown


def test_a_promotion_is_named_on_the_price_and_its_budget_on_its_page(tame: Tame) -> None:
    browser, listed = signed_in("asker"), reverse("console:promotions")
    assert NOTHING_YET in browser.get(listed).content.decode()
    promoted(800)
    shown = sent(browser, "price").content.decode()
    assert "by promotion spring" in shown
    assert "4.49" in shown
    sent(browser, "give", quote_id=str(Quote.objects.get().pk))
    drive_until(Transfer.objects.get(), "CONFIRMED")
    told = browser.get(listed).content.decode()
    for words in ("1 promotion running", "8.00", "4.49", "3.51", "1 conversion", "50 basis points"):
        assert words in told
    assert "by promotion" not in sent(browser, "price").content.decode()
