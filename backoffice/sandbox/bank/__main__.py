"""`python -m backoffice.sandbox.bank --port P --data-dir DIR`: runs until it is told to stop (SIGTERM or SIGINT)."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from backoffice.sandbox.bank.books import Books
from backoffice.sandbox.bank.clerk import Clerk
from backoffice.sandbox.bank.config import DEFAULT_CONFIG, bearer_token, read_config, webhook_secret
from backoffice.sandbox.bank.counter import Counter
from backoffice.sandbox.bank.hints import Deliverer
from backoffice.sandbox.bank.loop import Loop
from backoffice.sandbox.bank.server import Server


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backoffice.sandbox.bank", description="A bank with its own books, for the sandbox.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="where bank.sqlite3 and, unless named, the secrets live")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="JSON: name, bic, accounts")
    parser.add_argument("--token-file", type=Path, help="bearer token clients present (default DIR/bank.token, made when missing)")
    parser.add_argument(
        "--statement-interval", type=float, default=30.0, help="seconds after a booking until it is reported; 0: on request"
    )
    parser.add_argument("--settle-delay", type=float, default=2.0, help="seconds from taking a payment to booking it")
    parser.add_argument(
        "--hurry", action="store_true", help="work on dated orders at once, so that a sandbox shows a whole transfer on a Sunday"
    )
    parser.add_argument("--webhook-url", default="", help="where hints are posted; empty: none are sent")
    parser.add_argument("--webhook-secret-file", type=Path, help="Standard Webhooks secret (default DIR/bank.webhook-secret)")
    return parser.parse_args(argv)


def _deliverer(arguments: argparse.Namespace) -> Deliverer | None:
    if not arguments.webhook_url:
        return None
    path = arguments.webhook_secret_file or arguments.data_dir / "bank.webhook-secret"
    return Deliverer(arguments.webhook_url, webhook_secret(path))


class Office:
    """The server and the threads behind it, opened and closed together."""

    def __init__(self, books: Books, arguments: argparse.Namespace, token: str) -> None:
        self._books = books
        self._died = False
        delay = arguments.settle_delay
        clerk = Clerk(books, settle_delay_s=delay, interval_s=arguments.statement_interval, on_hint=self._wake_courier)
        self._clerk = Loop("clerk", clerk.work, on_death=self._on_death)
        deliverer = _deliverer(arguments)
        self._courier = Loop("courier", lambda: clerk.deliver(deliverer), on_death=self._on_death) if deliverer else None
        counter = Counter(books, settle_delay_s=delay, hurry=arguments.hurry, wake=self._clerk.wake)
        self._server = Server((arguments.host, arguments.port), token=token, routes=counter.routes(), gate=counter.gate)

    def run(self) -> int:
        """Serve until closed. 1 when a background thread died."""
        loops = [loop for loop in (self._clerk, self._courier) if loop is not None]
        for loop in loops:
            loop.start()
        logging.getLogger("bank").info("%s is open on %s:%s", self._books.bank.name, *self._server.server_address[:2])
        self._server.serve_forever(poll_interval=1.0)
        for loop in loops:
            loop.stop()
        self._server.server_close()
        self._books.close()
        return 1 if self._died else 0

    def close(self) -> None:
        self._server.shutdown()

    def _wake_courier(self) -> None:
        if self._courier is not None:
            self._courier.wake()

    def _on_death(self) -> None:
        self._died = True
        self.close()


def main(argv: list[str]) -> int:
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    token = bearer_token(arguments.token_file or arguments.data_dir / "bank.token")
    books = Books(arguments.data_dir / "bank.sqlite3", read_config(arguments.config))
    office = Office(books, arguments, token)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the serving loop, which runs in the very thread that gets the signal.
        signal.signal(number, lambda *_: threading.Thread(target=office.close).start())
    return office.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
