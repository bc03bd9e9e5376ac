"""The running sandbox that the tests of this directory share."""

from collections.abc import Iterator

import pytest

from tests.stack.harness import RunningStack, running_stack


@pytest.fixture(scope="package")
def stack() -> Iterator[RunningStack]:
    """The whole sandbox, running, with the demo company: see harness.py. Mark the test `stack` (or `browser`). Each worker of
    pytest-xdist starts its own, and stops it with its last test here: at rest it would take a fifth of a core from all others."""
    with running_stack() as running:
        yield running
