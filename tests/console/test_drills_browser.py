"""The drill page in a real browser, on a bank that really runs: axe finds nothing, and nothing is wider than a telephone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role
from tests import looks
from tests.console.test_browser import _signed_in
from tests.sandbox.bank_office import TOKEN, Office, open_office

pytestmark = pytest.mark.browser


@pytest.fixture
def bank(tmp_path: Path, site) -> Iterator[Office]:
    with context.bind(Actor.system("test")):
        grant_role(operator=site.auditor, role="oncall")
    with open_office(tmp_path) as office, override_settings(BANK_URL=office.url, BANK_TOKEN=TOKEN):
        yield office


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_drill_is_armed_and_called_off_by_keyboard(bank, chromium, site, tmp_path, width, scheme):
    opened = _signed_in(chromium, site.url, "auditor", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = opened.new_page()
    page.goto("/drills/")
    page.get_by_label("Arm… The bank: Rejects a payout").focus()
    page.keyboard.press("Enter")
    page.locator("[name=bank-reject-reason]").fill("Friday practice")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 drill in force").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = looks.complaints_now(page)
    page.screenshot(path=str(tmp_path / f"drills-{width}.png"), full_page=True)
    page.get_by_label("Why it ends").fill("seen enough")
    page.get_by_role("button", name="Call it off").click()
    page.get_by_role("heading", name="No drill is in force").wait_for()
    page.screenshot(path=str(tmp_path / f"drills-none-{width}.png"))
    opened.close()
    assert found == []
