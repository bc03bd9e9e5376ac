"""The transfer pages in a real browser: axe finds nothing, keys open rows, an open list is told of new ones without moving."""

from functools import partial

import pytest

from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role
from tests import looks
from tests.console.conftest import ask_database
from tests.console.test_browser import _signed_in
from tests.console.test_exchanges_page import put_on_record
from tests.transfers import uncertain
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside

pytestmark = pytest.mark.browser


@pytest.fixture
def house(site, monkeypatch):
    """Made before the browser starts, like everything else in the database; the auditor may make withdrawals too."""
    monkeypatch.setattr("transfers.commands.create.wake_after_commit", lambda _: None)
    with context.bind(Actor.system("test")):
        grant_role(operator=site.auditor, role="operator")
        return worlds.build()


@pytest.fixture
def transfer(house):
    return house.order("5000.00", reference="INV-42")


@pytest.fixture
def exchange(transfer):
    return put_on_record(transfer)


def test_axe_finds_nothing_and_nothing_overflows(transfer, exchange, chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    found = []
    about = f"/transfers/{transfer.pk}/"
    for path in ("/transfers/", about, f"{about}wire/{exchange.pk}/", "/transfers/new/?client=acme", "/search/?q=acme", "/alerts/"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found += looks.complaints(page)
    for _ in looks.each(page):
        page.goto("/transfers/new/?client=acme")
        page.check(".destination:has-text('Treasury') input")
        page.fill("[name=amount]", "5,000.00")
        page.get_by_role("button", name="Review").click()
        page.get_by_text("Somebody else must approve it").wait_for()
        found += looks.complaints_now(page)
    opened.close()
    assert found == []


def test_keys_open_rows_and_new_ones_are_announced(transfer, house, chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    page.goto("/transfers/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/transfers/{transfer.pk}/")
    page.click("[data-dialog=cancel-transfer]")
    assert page.locator("#cancel-transfer").evaluate("dialog => dialog.open")
    page.goto("/transfers/")
    ask_database(partial(house.order, "6000.00"))
    page.get_by_text("1 new, press").wait_for(timeout=20_000)
    assert page.locator("tbody tr").count() == 1
    page.keyboard.press(".")
    page.get_by_text("6,000.00").wait_for()
    assert page.locator("tbody tr").count() == 2
    opened.close()


@pytest.fixture
def lost(house, monkeypatch):
    """The bank does not answer; made before the browser starts, while the rails lead to the tame outside."""
    with context.bind(Actor.system("test")), tame_outside() as tame:
        return uncertain.payout(house, tame, monkeypatch)


def test_axe_finds_nothing_in_the_dialogs_of_what_can_be_done_and_keys_reach_them(lost, chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    page.goto(f"/transfers/{lost.pk}/")
    found = []
    for dialog in ("retry-transfer", "paid-transfer", "lost-transfer"):
        page.focus(f"[data-dialog={dialog}]")
        page.keyboard.press("Enter")
        page.locator(f"#{dialog} textarea").wait_for()
        found += looks.complaints_now(page)
        page.keyboard.press("Escape")
        assert not page.locator(f"#{dialog}").evaluate("dialog => dialog.open")
    page.goto("/failures/")
    found += looks.complaints_now(page)
    opened.close()
    assert found == []
