"""Freeze and halt from the console: every later step stops, every page says so, and two people resume."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stack.browsers import chromium, sign_in
from tests.stack.clients import Client
from tests.stack.harness import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def _stop(page: Page, path: str, phrase: str) -> None:
    page.goto(path)
    page.fill("textarea[name=reason]", "the figures of the last hour look wrong")
    page.fill("input[name=confirm]", phrase)
    page.click("main .button-danger-solid")
    expect(page.locator("h1")).to_contain_text("in force")


def _resume(oncall: Page, approvers: list[Page]) -> None:
    """Asked for by one, decided by two others."""
    oncall.goto("/controls/")
    oncall.click('a[href$="/lift/"]')
    oncall.fill("textarea[name=reason]", "the feed was late, the figures agree now")
    oncall.click("main form .button-primary")
    for page in approvers:
        page.goto("/approvals/")
        page.click("tbody tr:has-text('no amount') a")
        page.click(".decision-bar .button-primary")
        phrase = page.locator("dialog[open] input[name=confirm]").get_attribute("data-confirm")
        page.fill("dialog[open] input[name=confirm]", phrase or "")
        page.click("dialog[open] .button-primary")
        expect(page.locator("body")).to_contain_text("You approved it")


def test_a_halt_of_everything_stops_every_step_until_two_people_resume(stack: RunningStack, browser: Browser) -> None:
    oncall, ana, bo = (sign_in(browser, stack, name) for name in ("oncall", "approver", "approver2"))
    acme = Client(stack)
    made = acme.withdraw("150000.00")["transaction_id"]
    _stop(oncall, "/controls/halt/", "halt everything")

    for path in ("/", "/approvals/", "/transfers/", "/reconciliation/breaks/", "/ledger/", "/alerts/", "/runbooks/"):
        ana.goto(path)
        expect(ana.locator("body")).to_contain_text("the figures of the last hour look wrong")
    status, refused = acme.post("/v1/transfers", acme.order("20.00"), "while-halted")
    assert (status, refused["code"]) == (422, "system_halted")
    assert acme.get(made)["status"] == "CREATED"

    _resume(oncall, [ana, bo])
    ana.goto("/")
    expect(ana.locator("body")).not_to_contain_text("the figures of the last hour look wrong")
    small = acme.withdraw("21.00")["transaction_id"]
    acme.wait_for(small, "RECONCILED", 60)


def test_a_frozen_account_stops_its_client_and_nobody_else(stack: RunningStack, browser: Browser) -> None:
    oncall, ana, bo = (sign_in(browser, stack, name) for name in ("oncall", "approver", "approver2"))
    initech, acme = Client(stack, "initech"), Client(stack)
    code = "client:initech:USDC.ethereum"
    _stop(oncall, f"/controls/freeze/?account={code}", code)
    status, refused = initech.post("/v1/transfers", initech.order("20.00"), "while-frozen")
    assert (status, refused["code"]) == (422, "account_frozen")
    other = acme.withdraw("22.00")["transaction_id"]
    acme.wait_for(other, "RECONCILED", 60)
    _resume(oncall, [ana, bo])
    initech.withdraw("23.00")
