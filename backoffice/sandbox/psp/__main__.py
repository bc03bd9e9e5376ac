"""`python -m backoffice.sandbox.psp --port P --data-dir DIR`: runs until it is told to stop (SIGTERM or SIGINT)."""

import argparse
import http.client
import json
import logging
import signal
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from backoffice.sandbox.bank.config import bearer_token, webhook_secret
from backoffice.sandbox.bank.hints import Deliverer
from backoffice.sandbox.bank.loop import Loop
from backoffice.sandbox.bank.money import major_text
from backoffice.sandbox.bank.server import Server
from backoffice.sandbox.psp.books import Books
from backoffice.sandbox.psp.counter import Counter, batch_reference, close_batches

_LONGEST_PAUSE_S, _ATTEMPTS = 300.0, 12
_log = logging.getLogger("psp")


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backoffice.sandbox.psp", description="A card payment provider, for the sandbox.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="where psp.sqlite3 lives")
    parser.add_argument("--token-file", type=Path, help="bearer token clients present (default DIR/psp.token, made when missing)")
    parser.add_argument("--settle-interval", type=float, default=60.0, help="seconds between two batches; 0: on request")
    parser.add_argument("--webhook-url", default="", help="where hints are posted; empty: none are sent")
    parser.add_argument("--webhook-secret-file", type=Path, help="Standard Webhooks secret (default DIR/psp.webhook-secret)")
    parser.add_argument("--bank-url", default="", help="the sandbox bank, through which batches are paid")
    parser.add_argument("--bank-token-file", type=Path, help="the bank's bearer token")
    return parser.parse_args(argv)


class Office:
    """The server and the thread behind it: batches are closed and paid, hints delivered."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments, self._died, self._next_batch = arguments, False, time.time()
        self._books = Books(arguments.data_dir / "psp.sqlite3")
        secret = arguments.webhook_secret_file or arguments.data_dir / "psp.webhook-secret"
        self._deliverer = Deliverer(arguments.webhook_url, webhook_secret(secret)) if arguments.webhook_url else None
        self._loop = Loop("clerk", self._work, on_death=self._on_death)
        token = bearer_token(arguments.token_file or arguments.data_dir / "psp.token")
        routes = Counter(self._books, wake=self._loop.wake).routes()
        self._server = Server(("127.0.0.1", arguments.port), token=token, routes=routes)

    def run(self) -> int:
        """Serve until closed. 1 when the thread died."""
        self._loop.start()
        self._server.serve_forever(poll_interval=1.0)
        self._loop.stop()
        self._server.server_close()
        self._books.close()
        return 1 if self._died else 0

    def close(self) -> None:
        self._server.shutdown()

    def _on_death(self) -> None:
        self._died = True
        self.close()

    def _work(self) -> float | None:
        now, interval = time.time(), self._arguments.settle_interval
        if interval and now >= self._next_batch:
            self._next_batch = now + interval
            with self._books.transaction() as rows:
                close_batches(rows, now)
        self._pay()
        self._deliver()
        return 1.0

    def _pay(self) -> None:
        """Marked before it is sent: a batch is rather paid late, by hand, than twice. What is owed to us is collected once it is
        covered."""
        if not self._arguments.bank_url:
            return
        with self._books.transaction() as rows:
            due = rows.execute("SELECT * FROM batch WHERE is_paid = 0 ORDER BY sequence").fetchall()
        for row in due:
            iban = self._account(row["currency"], owed=-row["net"]) if row["net"] else ""
            if iban is None:
                continue
            with self._books.transaction() as rows:
                rows.execute("UPDATE batch SET is_paid = 1 WHERE sequence = ?", (row["sequence"],))
            if row["net"] == 0:
                continue
            order = {"iban": iban, "amount": major_text(abs(row["net"]), row["currency"]), "name": "Sandbox Cards Ltd"}
            path = "/sandbox/incoming" if row["net"] > 0 else "/sandbox/collection"
            self._bank("POST", path, order | {"remittance": f"Settlement {batch_reference(row['sequence'])}"})

    def _account(self, currency: str, *, owed: int) -> str | None:
        """The first account of that currency, with at least `owed` minor units available."""
        accounts = self._bank("GET", "/accounts", None)
        kept = (one for one in accounts.get("data", []) if one["currency"] == currency)
        return next((one["iban"] for one in kept if Decimal(one["available"]) >= Decimal(major_text(max(owed, 0), currency))), None)

    def _bank(self, method: str, path: str, body: dict[str, str] | None) -> dict[str, list[dict[str, str]]]:
        """The bank's answer, empty when there is none."""
        parts = urlsplit(self._arguments.bank_url)
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=10)
        token = self._arguments.bank_token_file.read_text().strip()
        try:
            connection.request(method, path, json.dumps(body or {}), {"Authorization": f"Bearer {token}"})
            answer: dict[str, list[dict[str, str]]] = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            _log.warning("the bank does not answer: %s", error)
            return {}
        finally:
            connection.close()
        return answer

    def _deliver(self) -> None:
        if self._deliverer is None:
            return
        with self._books.transaction() as rows:
            due = rows.execute("SELECT * FROM hint WHERE next_at <= ? ORDER BY next_at LIMIT 50", (time.time(),)).fetchall()
        for row in due:
            taken, attempts = self._deliverer.deliver(row["id"], row["body"]), row["attempts"] + 1
            pause = min(2.0 ** (attempts - 1), _LONGEST_PAUSE_S)
            next_at = None if taken or attempts >= _ATTEMPTS else time.time() + pause
            with self._books.transaction() as rows:
                rows.execute("UPDATE hint SET attempts = ?, next_at = ? WHERE id = ?", (attempts, next_at, row["id"]))


def main(argv: list[str]) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    office = Office(_arguments(argv))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=office.close).start())
    return office.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
