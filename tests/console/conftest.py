"""A served site for the browser, in a database of its own: commits are real, and nothing is truncated afterwards."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

from approvals.models import Client
from audit import context
from audit.context import Actor
from backoffice.access.models import Operator
from tests.console.office import operator_with, two_clients
from tests.databases import committed_copy
from tests.transfers import world as worlds
from tests.transfers.world import World

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


@pytest.fixture
def house() -> World:
    """Acme's house, as the stories of the transfers have it."""
    with context.bind(Actor.system("test")):
        return worlds.build()


@pytest.fixture
def transfer(cast, house):
    """5,000 USDC, made by the maker of the cast; two approvers are needed."""
    return house.order("5000.00", makers=(cast.maker.person_id,))


@pytest.fixture
def checker(client, cast):
    """A browser in which the checker is signed in."""
    client.force_login(cast.checker)
    return client


@pytest.fixture
def books() -> World:
    """A house with two clients: see office.py."""
    with context.bind(Actor.system("test")):
        return two_clients()


@pytest.fixture
def limited(client, cast, books):
    """A browser in which somebody is signed in who sees Globex and nobody else."""
    client.force_login(operator_with(cast, "operator", Client.objects.get(pk="globex")))
    return client
