"""In a real browser: axe finds nothing, the keyboard works and moves no money, the first load is light."""

import gzip
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from approvals.models import Halt
from tests import looks
from tests.console.conftest import ask_database

pytestmark = pytest.mark.browser

PATHS = (
    "/",
    "/controls/",
    "/controls/halt/",
    "/controls/freeze/",
    "/runbooks/",
    "/runbooks/transfer-stuck-funds-locked/",
    "/account/",
    "/account/password/",
    "/styleguide/",
    "/audit/",
    "/access/",
    "/none-such/",
)
BUDGET = 150_000


def _signed_in(chromium: Browser, address: str, name: str, **options: Any) -> BrowserContext:
    opened = chromium.new_context(base_url=address, **options)
    page = opened.new_page()
    page.goto("/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", "correct horse battery")
    page.click("text=Sign in >> nth=-1")
    page.wait_for_url("**/")
    return opened


@pytest.mark.long(20)
@pytest.mark.timeout(400)
def test_axe_finds_nothing_and_nothing_overflows(chromium, site):
    every = (*looks.OTHER_LOOKS, *looks.LOOKS)
    visitor = chromium.new_context(base_url=site.url)
    page = visitor.new_page()
    page.goto("/login/")
    found = looks.complaints(page, every)
    visitor.close()
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
    for path in PATHS:
        page.goto(path)
        found += looks.complaints(page, every)
    opened.close()
    assert found == []
    assert errors == []


def test_keys_move_and_open_and_can_be_switched_off(chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/runbooks/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runbooks/transfer-stuck-quoted/")
    page.keyboard.press("?")
    assert page.locator("#keys").evaluate("dialog => dialog.open")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("gr?")
    assert page.locator("#search").input_value() == "gr?"

    page.goto("/account/")
    page.uncheck("[name=single_key_shortcuts]")
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.keyboard.press("?")
    assert not page.locator("#keys").evaluate("dialog => dialog.open")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "search"
    assert page.url == f"{site.url}/"
    opened.close()


def test_stopping_waits_for_the_typed_phrase(chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    page.goto("/controls/halt/")
    stop = page.get_by_role("button", name="Halt everything")
    assert stop.is_disabled()
    page.fill("[name=reason]", "rates look wrong")
    page.fill("[name=confirm]", "halt")
    assert stop.is_disabled()
    assert ask_database(Halt.objects.count) == 0
    page.fill("[name=confirm]", "halt everything")
    stop.click()
    page.wait_for_url("**/controls/")
    assert page.locator(".halt-line").inner_text().startswith("System halted")
    assert ask_database(Halt.objects.count) == 1
    opened.close()


def test_the_menu_folds_away_on_a_phone(chromium, site):
    opened = _signed_in(chromium, site.url, "auditor", viewport={"width": 390, "height": 800})
    page = opened.new_page()
    page.goto("/")
    audit = page.locator("#nav a", has_text="Audit")
    assert not audit.is_visible()
    page.get_by_role("button", name="Menu").click()
    audit.click()
    page.wait_for_url("**/audit/")
    opened.close()


def test_what_takes_focus_is_at_least_24_pixels(chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    page.goto("/styleguide/")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, .nav-link, .tabs a, .crumbs a")].filter((element) => {
            const box = element.getBoundingClientRect();
            const choice = element.type === "checkbox";
            return box.width && !choice && (box.height < 24 || box.width < 24);
        }).map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert small == []
    opened.close()


def test_the_first_load_is_light_and_all_ours(chromium, site):
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    sizes: dict[str, int] = {}
    page.on("response", lambda response: sizes.__setitem__(response.url, len(gzip.compress(response.body()))))
    page.goto("/styleguide/")
    page.wait_for_load_state("networkidle")
    assert all(url.startswith(site.url) for url in sizes)
    assert any(url.endswith(".css") for url in sizes)
    assert sum(sizes.values()) < BUDGET, sizes
    opened.close()
