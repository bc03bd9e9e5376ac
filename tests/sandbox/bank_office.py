"""A bank for tests: the real server and books on a free port, with a clock and loops that the test drives by hand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backoffice.sandbox.bank.books import Books
from backoffice.sandbox.bank.clerk import Clerk
from backoffice.sandbox.bank.config import read_config
from backoffice.sandbox.bank.counter import Counter
from backoffice.sandbox.bank.server import Server

MXN = "SE1190000000000000000001"
OTHER_MXN = "SE5490000000000000000003"
EUR = "SE8190000000000000000002"
TOKEN = "a-token-for-tests"
DELAY = 2.0
INTERVAL = 30.0


class Office:
    """`now` moves only when the test moves it; `work` is one round of the clerk. `token` opens its door, and the second of its
    accounts begins with `other` major units."""

    def __init__(self, directory: Path, token: str, other: str) -> None:
        config = directory / "accounts.json"
        accounts = [
            {"iban": MXN, "holder": "House", "currency": "MXN", "opening_balance": "1000.00"},
            {"iban": OTHER_MXN, "holder": "Sister", "currency": "MXN", "opening_balance": other},
            {"iban": EUR, "holder": "House", "currency": "EUR", "opening_balance": "50.00"},
        ]
        config.write_text(json.dumps({"name": "Testbank", "bic": "TESTSESSXXX", "accounts": accounts}))
        self.now = 1_790_000_000.0
        self.books = Books(directory / "bank.sqlite3", read_config(config))
        self.clerk = Clerk(self.books, settle_delay_s=DELAY, interval_s=INTERVAL, clock=lambda: self.now)
        counter = Counter(self.books, settle_delay_s=DELAY, wake=lambda: None, clock=lambda: self.now)
        self.server = Server(("127.0.0.1", 0), token=token, routes=counter.routes(), gate=counter.gate)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def pass_time(self, seconds: float) -> float | None:
        self.now += seconds
        return self.clerk.work()


@contextmanager
def open_office(directory: Path, *, token: str = TOKEN, other: str = "0") -> Iterator[Office]:
    office = Office(directory, token, other)
    thread = threading.Thread(target=office.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield office
    finally:
        office.server.shutdown()
        thread.join()
        office.server.server_close()
        office.books.close()
