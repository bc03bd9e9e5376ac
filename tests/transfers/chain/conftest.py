"""A sandbox per file, since what one test leaves in a wallet's nonces stops the others; every test leaves the chain obedient."""

import secrets
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.transfers import stack as stacks
from tests.transfers.stack import Processes, Stack
from transfers.commands.providers import nodes_set_aside
from transfers.rails.registry import Rails


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest, test_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A file that says TWO_NODES gets a second one."""
    two = bool(getattr(request.module, "TWO_NODES", False))
    processes = Processes(tmp_path_factory.mktemp("stack"))
    name = f"{connection.settings_dict['NAME']}_signer_{secrets.token_hex(4)}"
    try:
        yield stacks.start(processes, stacks.create_database(connection.settings_dict, name), second_node=two)
    finally:
        processes.stop()
        stacks.drop_database(connection.settings_dict, name)


@pytest.fixture(scope="module")
def sandbox_rails(stack: Stack) -> Iterator[Rails]:
    rails = Rails(stack.rails, set_aside=nodes_set_aside)
    yield rails
    rails.close()


@pytest.fixture(autouse=True)
def calm(rails: Stack) -> Iterator[None]:
    yield
    rails.obey()
    rails.calm_fees()
