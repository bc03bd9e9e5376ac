from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.sandbox.bank_office import TOKEN, Office, open_office
from tests.sandbox.fixtures import chain

__all__ = ["chain", "http", "office"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
def http(office: Office) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client
