"""A house in which commits are real, and the key that signs its receipts."""

from collections.abc import Iterator
from typing import Any

import pytest

from audit.sealing.keys import SigningKey
from tests.transfers import world as worlds
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import World


@pytest.fixture(autouse=True)
def key(settings: Any) -> SigningKey:
    made = SigningKey.generate("countersign.test/receipts")
    settings.RECEIPT_SIGNING_KEY, settings.RECEIPT_KEYS = made.text(), str(made.public())
    return made


@pytest.fixture
def db(committing: None) -> None:
    """Commits are real: nothing is dispatched before. The name matters: only for `db` is a test database made at all."""


@pytest.fixture
def house(db: None) -> World:
    return worlds.build()


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside
