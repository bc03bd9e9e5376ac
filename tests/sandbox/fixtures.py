"""A running sandbox chain, shared by all tests of a session that do not restart it."""

from collections.abc import Iterator

import pytest

from tests.sandbox.chain import Chain


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    running = Chain(tmp_path_factory.mktemp("chain"))
    try:
        yield running.start()
    finally:
        running.close()
