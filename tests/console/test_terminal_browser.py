"""The terminal in a real browser: axe finds nothing at either width and in either light, and an open page stays up to date."""

from dataclasses import replace
from datetime import time, timedelta
from functools import partial

import pytest

from audit import clock, context
from audit.context import Actor
from backoffice.access.commands import grant_role
from backoffice.sandbox.demo.company import CALENDARS
from tests import looks
from tests.console.conftest import ask_database
from tests.console.test_browser import _signed_in
from tests.reconciliation.places import GAS, HOT, chain_leg, reading, shown, sources
from tests.transfers import world as worlds
from tests.transfers.levels import set_levels
from tests.transfers.own_money import add_wallets
from tests.transfers.tame import tame_outside
from tests.transfers.world import FUNDS, UNIT, drive_until
from transfers.commands.calendars import set_calendar
from transfers.models import BankAccount

pytestmark = pytest.mark.browser


@pytest.fixture
def places(site, monkeypatch):
    """One that is explained, one that is too old, others that nobody has read. Made before the browser starts."""
    monkeypatch.setattr("transfers.commands.create.wake_after_commit", lambda _: None)
    with context.bind(Actor.system("test")), tame_outside() as tame:
        house = worlds.build()
        sources()
        tame.confirmations = 1
        shown(chain_leg(drive_until(house.order("100.00"), "SENT_ON_CHAIN")), block=7)
        reading(HOT, FUNDS - 100 * UNIT)
        reading(GAS, worlds.GAS - 1, age=timedelta(hours=1))


def test_axe_finds_nothing_and_nothing_overflows(places, chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    page.goto("/terminal/")
    found = []
    for _ in looks.each(page):
        page.get_by_text("shown outside, in our books in a moment").wait_for()
        found += looks.complaints_now(page)
    opened.close()
    assert found == []


def test_an_open_page_is_kept_up_to_date(places, chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    page.goto("/terminal/?kind=wallet")
    page.get_by_text("block 7").wait_for()
    ask_database(partial(reading, HOT, FUNDS - 100 * UNIT - 1, block=8))
    page.get_by_text("less than anything explains").wait_for(timeout=20_000)
    opened.close()


@pytest.fixture
def proposed(site, monkeypatch):
    """One that our signer can send, and one that people do elsewhere."""
    monkeypatch.setattr("transfers.commands.create.wake_after_commit", lambda _: None)
    with context.bind(Actor.system("test")):
        house = worlds.build()
        add_wallets()
        set_levels(house, HOT, minimum=0, target=UNIT, maximum=2 * UNIT)
        set_levels(house, GAS, minimum=2 * worlds.GAS, target=3 * worlds.GAS)
        grant_role(operator=site.auditor, role="treasury")
        set_calendar(CALENDARS[1], valid_from=worlds.LONG_AGO)
        set_calendar(replace(CALENDARS[1], cut_off=time(16)), valid_from=clock.now(), reason="their letter of Monday")
        BankAccount.objects.update(calendar_code=CALENDARS[1].code)


def test_axe_finds_nothing_on_proposals_levels_and_bank_accounts(proposed, chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    found = []
    for path, words in (
        ("/terminal/proposals/", "Ask for approval"),
        (f"/terminal/levels/?account={HOT}", "As it is now"),
        ("/terminal/", "above maximum"),
        ("/terminal/bank-accounts/", "Handed over now"),
        ("/terminal/bank-accounts/nordbank-mxn/", "their letter of Monday"),
        ("/terminal/bank-accounts/nordbank-mxn/calendar/", "Ask for this calendar"),
    ):
        page.goto(path)
        for _ in looks.each(page, looks.OTHER_LOOKS):
            page.get_by_text(words).first.wait_for()
            found += looks.complaints_now(page)
    opened.close()
    assert found == []
