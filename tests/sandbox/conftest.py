from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import etree

from backoffice.sandbox.bank.xml import Writer
from tests.sandbox.bank_office import TOKEN, Office, open_office
from tests.sandbox.fixtures import chain
from transfers import iso20022
from transfers.rails.trust import authorities

__all__ = ["chain", "http", "office"]


@pytest.fixture(autouse=True)
def valid(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the bank writes is as the published schema has it."""
    wrong: list[str] = []
    written = Writer.content

    def content(writer: Writer) -> bytes:
        found = iso20022.check(etree.fromstring(written(writer)))
        wrong.append("no schema" if found is None else f"{found.message}: {found}" if found.deviations else "")
        return written(writer)

    monkeypatch.setattr(Writer, "content", content)
    yield
    assert set(wrong) <= {""}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
def http(office: Office) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=office.url, headers={"Authorization": f"Bearer {TOKEN}"}, verify=authorities()) as client:
        yield client
