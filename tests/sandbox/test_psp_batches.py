"""The sandbox's card provider settles with the bank: it pays, collects what is covered, and leaves alone what comes to nothing."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backoffice.sandbox.psp.__main__ import Office as CardOffice
from backoffice.sandbox.psp.__main__ import _arguments
from backoffice.sandbox.psp.books import Books
from tests.sandbox.bank_office import INTERVAL, MXN, TOKEN, Office
from tests.sandbox.test_bank_statements import statements


@pytest.fixture
def cards(office: Office, tmp_path: Path) -> Iterator[CardOffice]:
    (tmp_path / "bank.token").write_text(TOKEN)
    places = ["--data-dir", str(tmp_path), "--bank-url", office.url, "--bank-token-file", str(tmp_path / "bank.token")]
    opened = CardOffice(_arguments(["--port", "0", "--settle-interval", "0.000001", *places]))
    yield opened
    opened._server.server_close()
    opened._books.close()


def owes(cards: CardOffice, *amounts: int) -> None:
    with cards._books.transaction() as rows:
        for amount in amounts:
            rows.execute("INSERT INTO line (kind, reference, currency, gross, fee) VALUES ('capture', 'R', 'MXN', ?, 0)", (amount,))


def shown(office: Office, http: httpx.Client) -> list[tuple[str, str, str]]:
    office.pass_time(INTERVAL)
    return [(line.direction, f"{line.amount:f}", line.text) for one in statements(http) for line in one.lines]


def test_it_pays_collects_and_leaves_alone(office: Office, http: httpx.Client, cards: CardOffice) -> None:
    for batch in ((5_000,), (-2_000,), (700, -700)):
        owes(cards, *batch)
        cards._work()
        cards._work()
    assert shown(office, http) == [
        ("credit", "50.00", "Settlement PSPBATCH00000001"),
        ("debit", "20.00", "Settlement PSPBATCH00000002"),
    ]


def test_what_is_not_covered_is_collected_when_it_is(office: Office, http: httpx.Client, cards: CardOffice) -> None:
    owes(cards, -100_001)
    cards._work()
    assert shown(office, http) == []
    http.post("/sandbox/incoming", json={"iban": MXN, "amount": "0.01"})
    cards._work()
    assert ("debit", "1000.01", "Settlement PSPBATCH00000001") in shown(office, http)


def test_lines_of_an_earlier_release_name_no_dispute(tmp_path: Path) -> None:
    books = Books(tmp_path / "psp.sqlite3")
    with books.transaction() as rows:
        rows.execute("ALTER TABLE line DROP COLUMN dispute")
        rows.execute("INSERT INTO line (kind, reference, currency, gross, fee) VALUES ('chargeback', 'R', 'MXN', -1, 0)")
    books.close()
    books = Books(tmp_path / "psp.sqlite3")
    with books.transaction() as rows:
        assert [row["dispute"] for row in rows.execute("SELECT dispute FROM line")] == [""]
    books.close()
