"""Fixtures of reconciliation: the sandbox chain alone, and a house on processes of its own whose outside is being read."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.reconciliation import outside
from tests.reconciliation.corpus import check as check_corpus
from tests.sandbox.fixtures import chain
from tests.transfers import stack as stacks
from tests.transfers.conftest import _corrections_are_the_machines, bound, committing, live, rails, sandbox_rails, test_database
from tests.transfers.stack import Processes, Stack
from tests.transfers.world import World

__all__ = [
    "_corrections_are_the_machines",
    "bound",
    "chain",
    "committing",
    "corpus",
    "live",
    "rails",
    "read",
    "sandbox_rails",
    "stack",
    "test_database",
]


@pytest.fixture(scope="session")
def stack(test_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As the transfers' tests have it, with another signer's database: both may run in one session."""
    processes = Processes(tmp_path_factory.mktemp("stack"))
    name = f"{connection.settings_dict['NAME']}_signer_read"
    try:
        yield stacks.start(processes, stacks.create_database(connection.settings_dict, name))
    finally:
        processes.stop()


@pytest.fixture
def corpus() -> None:
    """The statements of real banks; without them the test fails."""
    check_corpus()


@pytest.fixture
def read(live: World, rails: Stack) -> World:
    """The house on the sandbox, whose wallets and peso account are read from now on."""
    outside.begin_to_read(rails)
    return live
