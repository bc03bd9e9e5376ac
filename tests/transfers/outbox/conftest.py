"""A house in a database where commits are real, the key that opens signing secrets, and a client's server."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.transfers import world as worlds
from tests.transfers.outbox.receivers import Receiver, receiver
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import World


@pytest.fixture(autouse=True)
def encryption(settings: Any) -> None:
    settings.WEBHOOK_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


@pytest.fixture
def db(committing: None) -> None:
    """Commits are real: nothing is told before. The name matters: only for `db` is a test database made at all."""


@pytest.fixture
def house(db: None) -> World:
    return worlds.build()


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as found:
        yield found
