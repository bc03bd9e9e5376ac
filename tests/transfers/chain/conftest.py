"""A sandbox per file, since what one test leaves in a wallet's nonces stops the others; every test leaves the chain obedient."""

import secrets
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.transfers import stack as stacks
from tests.transfers.chain import anvil
from tests.transfers.stack import Processes, Stack
from transfers.commands.exchanges import keep
from transfers.commands.providers import nodes_set_aside
from transfers.rails.registry import Rails


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if getattr(metafunc.module, "ANVIL", False) and "stack" in metafunc.fixturenames:
        metafunc.parametrize("stack", ["wheel", "anvil"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest, test_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A file that says TWO_NODES gets a second one; one that says ANVIL runs on both chains."""
    two, on_anvil = bool(getattr(request.module, "TWO_NODES", False)), getattr(request, "param", "") == "anvil"
    if on_anvil:
        anvil.binary()
    processes = Processes(tmp_path_factory.mktemp("stack"))
    name = f"{connection.settings_dict['NAME']}_signer_{secrets.token_hex(4)}"
    try:
        database = stacks.create_database(connection.settings_dict, name)
        yield anvil.start(processes, database) if on_anvil else stacks.start(processes, database, second_node=two)
    finally:
        processes.stop()
        stacks.drop_database(connection.settings_dict, name)


@pytest.fixture(scope="module")
def sandbox_rails(stack: Stack) -> Iterator[Rails]:
    rails = Rails(stack.rails, set_aside=nodes_set_aside, recorder=keep)
    yield rails
    rails.close()


@pytest.fixture(autouse=True)
def calm(rails: Stack) -> Iterator[None]:
    yield
    rails.obey()
    rails.calm_fees()
