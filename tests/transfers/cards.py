"""The sandbox's card provider in a thread of the test, and the rails that lead to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from backoffice.sandbox.bank.server import Server
from backoffice.sandbox.psp.books import Books
from backoffice.sandbox.psp.counter import Counter
from ledger.commands import register_asset
from transfers.commands import exchanges
from transfers.commands.deposits.cards import CardOrder, order_card_deposit
from transfers.models import Leg, Transfer
from transfers.rails import registry
from transfers.rails.registry import Rails, RailSettings
from transfers.rails.trust import authorities

TOKEN = "test-token"


@dataclass(frozen=True)
class Provider:
    url: str

    def post(self, path: str, **body: str) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.post(self.url + path, json=body, headers=headers, timeout=20, verify=authorities())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        answer = httpx.get(self.url + path, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20, verify=authorities())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def arm(self, kind: str, **settings: str) -> None:
        self.post("/sandbox/faults", kind=kind, **settings)

    def in_force(self) -> int:
        """How many fault orders have not been met yet."""
        return len(self.get("/sandbox/faults")["data"])

    def moved(self, transfer: Transfer) -> list[str]:
        """What the provider has charged or given back for this transfer, by its own settlements."""
        batches, name = self.get("/v1/settlements?after=0")["data"], reference_of(transfer)
        return [line["gross"] for batch in batches for line in batch["lines"] if line["reference"] == name]

    def settle(self) -> None:
        self.post("/sandbox/settle")

    def chargeback(self, transfer: Transfer, amount: str = "") -> str:
        """The cardholder takes `amount` back, else all that is left; the dispute's name."""
        part = {"amount": amount} if amount else {}
        shown = self.post("/sandbox/chargeback", reference=reference_of(transfer), **part)
        return str(shown["disputes"][-1]["id"])

    def lose(self, transfer: Transfer, dispute: str = "") -> None:
        """The cardholder loses the dispute: we have won it."""
        named = {"dispute": dispute} if dispute else {}
        self.post("/sandbox/chargeback_won", reference=reference_of(transfer), **named)


def reference_of(transfer: Transfer) -> str:
    return Leg.objects.get(transfer=transfer).reference


@contextmanager
def card_provider(directory: Path) -> Iterator[Provider]:
    books = Books(directory / "psp.sqlite3")
    server = Server(("127.0.0.1", 0), token=TOKEN, routes=Counter(books).routes())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    rails = Rails(RailSettings(psp_url=url, psp_token=TOKEN), recorder=exchanges.keep)
    before = registry.use(rails)
    try:
        yield Provider(url)
    finally:
        registry.use(before)
        rails.psp.close()
        server.shutdown()
        thread.join()
        server.server_close()
        books.close()


def ordered(amount: str = "100.00", *, card: str = "card_good", currency: str = "MXN") -> Transfer:
    """A card of the client's customer is charged."""
    register_asset(code=currency)
    return order_card_deposit(
        CardOrder(client_id="acme", currency=currency, amount=amount, card=card, made_by="csk_test", made_by_type="api_client")
    )
