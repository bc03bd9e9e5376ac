"""A small house to keep books for: two clients, a hot wallet, a nostro, fees, gas and positions."""

from collections.abc import Iterator

import pytest

from audit.context import Actor, bind
from ledger.queries import forget_units
from tests.ledger.house import open_house


@pytest.fixture(autouse=True)
def _acting() -> Iterator[None]:
    forget_units()
    with bind(Actor.system("pytest"), correlation_id="a test"):
        yield
    forget_units()


@pytest.fixture
def house(db: None) -> None:
    open_house()
