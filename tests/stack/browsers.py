"""Headless Chromium, one context per person."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.stack.harness import RunningStack

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Fails, and does not skip, when there is no Chromium."""
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing: install Chromium, the browser tests are part of the suite"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(browser: Browser, stack: RunningStack, name: str) -> Page:
    """A fresh context in which `name` is signed in. Errors that the browser reports fail the test at once."""
    context: BrowserContext = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", stack.demo["operators"][name])
    page.click("main button[type=submit], main button:not([type])")
    page.wait_for_url(stack.url + "/")
    return page
