"""A served site for the browser, in a database of its own: commits are real, and nothing is truncated afterwards."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

from audit import context
from audit.context import Actor
from backoffice.access.models import Operator
from tests.ledger.crowd import committed_copy

T = TypeVar("T")
_OFF = ("gpu", "quic", "background-networking", "component-update", "sync")
_FLAGS = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in _OFF)]


@dataclass(frozen=True, slots=True)
class Site:
    """`auditor` may see everything there is on the console's own pages, and may stop the system."""

    url: str
    auditor: Operator


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's, which truncates, as guarded tables refuse. It keeps the name, since by it pytest-django knows
    that a run of these tests alone needs a test database too."""
    with django_db_blocker.unblock(), committed_copy():
        yield


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    server = LiveServer("localhost")
    try:
        yield Site(server.url, _auditor())
    finally:
        server.stop()


def _auditor() -> Operator:
    from approvals.commands import create_person
    from backoffice.access.commands import grant_role, see_all_clients, sync_roles

    with context.bind(Actor.system("test")):
        sync_roles()
        operator = Operator.objects.create_user(
            "auditor", password="correct horse battery", person=create_person(name="Ada Auditor")
        )
        grant_role(operator=operator, role="compliance")
        see_all_clients(operator=operator)
    return operator


@pytest.fixture
def chromium(site: Site) -> Iterator[Browser]:
    """Asks for the site first: once Playwright's loop runs in this thread, Django hands out other connections in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        yield browser
        browser.close()


def ask_database(question: Callable[[], T]) -> T:
    """Run `question` on a thread of its own, since this one belongs to Playwright's loop."""

    def asked() -> T:
        try:
            return question()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asked).result()
