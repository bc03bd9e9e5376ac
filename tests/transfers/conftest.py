"""Fixtures of the transfers' tests: a house, a house on the running sandbox, and a database in which commits are real."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from audit import context
from audit.context import Actor
from tests import databases, four_eyes
from tests.transfers import stack as stacks
from tests.transfers import world as worlds
from tests.transfers.stack import Processes, Stack
from tests.transfers.world import World
from transfers.commands import exchanges
from transfers.models import BankAccount
from transfers.rails import registry
from transfers.rails.registry import Rails


@pytest.fixture(autouse=True)
def _corrections_are_the_machines() -> Iterator[None]:
    with four_eyes.brought_in(four_eyes.CORRECTIONS):
        yield


@pytest.fixture
def bound() -> Iterator[None]:
    with context.bind(Actor.system("test")):
        yield


@pytest.fixture
def world(db: None, bound: None) -> World:
    """A house whose rails lead nowhere: for what happens before anything is sent."""
    return worlds.build()


@pytest.fixture(scope="session")
def stack(test_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Chain, bank, desk and signer as processes, once per run."""
    directory: Path = tmp_path_factory.mktemp("stack")
    processes = Processes(directory)
    name = f"{connection.settings_dict['NAME']}_signer"
    try:
        yield stacks.start(processes, stacks.create_database(connection.settings_dict, name))
    finally:
        processes.stop()


@pytest.fixture(scope="session")
def sandbox_rails(stack: Stack) -> Iterator[Rails]:
    rails = Rails(stack.rails, recorder=exchanges.keep)
    yield rails
    rails.close()


@pytest.fixture
def rails(stack: Stack, sandbox_rails: Rails) -> Iterator[Stack]:
    """The rails lead to the running sandbox, for the length of the test."""
    before = registry.use(sandbox_rails)
    yield stack
    registry.use(before)


@pytest.fixture
def live(db: None, bound: None, rails: Stack) -> World:
    """A house on the sandbox: what its books say is really on chain."""
    return settle_in(rails)


@pytest.fixture
def gathering(live: World) -> World:
    """A house whose bank takes payouts gathered into one message."""
    BankAccount.objects.update(gather_s=600)
    return live


def settle_in(stack: Stack) -> World:
    """The house of a test shares its wallet with the tests before it: it is topped up to what its books say at least."""
    stack.fund(stack.addresses["hot-1"], wei=worlds.GAS, token=worlds.FUNDS)
    return worlds.build(token=stack.token, addresses=dict(stack.addresses), chain_id=stack.rails.chain_id)


@pytest.fixture(scope="session")
def test_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, also in a run that selects no test with `db`: pytest-django makes none then and leaves the settings'
    own database connected, which nothing here may touch."""
    if connection.settings_dict["NAME"].startswith("test_"):
        yield
        return
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default": []})
        databases.furnish()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture
def committing(test_database: None, django_db_blocker: Any, bound: None) -> Iterator[None]:
    """Commits are real."""
    with django_db_blocker.unblock(), databases.committed_copy():
        yield
