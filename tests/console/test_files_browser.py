"""The file pages in a real browser: chosen, refused, read, submitted, followed while it changes; axe finds nothing on the way."""

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page

from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role
from tests import looks
from tests.console.conftest import ask_database
from tests.console.test_browser import _signed_in
from tests.transfers import world as worlds
from tests.transfers.bulk import payroll
from transfers.models import BulkOrder

pytestmark = [pytest.mark.browser, pytest.mark.long(16)]
HEAD = "amount,source_currency,client,reference\n"
GOOD = HEAD + "".join(f"{number}.50,USDC,staff-{number % 3 + 1},Wage {number}\n" for number in range(10, 22))
BAD = HEAD + "ten,USDC,staff-1,x\n5.00,USDC,nobody,y\n"


@pytest.fixture
def house(site: Any) -> Any:
    """Made before the browser starts; the auditor may upload too."""
    with context.bind(Actor.system("test")):
        grant_role(operator=site.auditor, role="operator")
        built = worlds.build()
        payroll.staff(3)
        return built


def _upload(page: Page, text: str) -> None:
    page.goto("/files/new/?client=acme")
    page.set_input_files("[name=file]", {"name": "may.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Check the file").press("Enter")


def _carry_out(house: Any) -> None:
    with context.bind(Actor.system("test")):
        payroll.vote(house, BulkOrder.objects.get(), house.checker)
        payroll.carry_out()


def test_a_file_is_uploaded_read_submitted_and_followed(house, chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    found: list[str] = []

    def look(words: str) -> None:
        for _ in looks.each(page):
            page.get_by_text(words).first.wait_for()
            found.extend(looks.complaints_now(page))

    _upload(page, BAD)
    look("2 lines cannot be carried out")
    _upload(page, GOOD)
    look("Acme Robotics would pay")
    page.get_by_role("button", name="Submit 12 lines").press("Enter")
    look("Everything is on hold and nothing has moved")
    page.locator("[data-dialog=stop-file]").press("Enter")
    page.locator("#stop-file textarea").wait_for()
    look("Stop this file?")
    page.keyboard.press("Escape")
    ask_database(partial(_carry_out, house))
    page.get_by_text("Changed since you opened this page").wait_for(timeout=30_000)
    page.keyboard.press(".")
    look("12 of 12 lines are paid")
    page.goto("/files/")
    look("Files of payments")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/files/*-*/")
    opened.close()
    assert found == []
