"""A house on the sandbox bank, with nothing else outside: one payout, and what the bank's own books say of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ledger.queries import trial_balance
from ledger.queries.proofs import findings
from reconciliation.commands.reconciling import reconcile
from reconciliation.models import Break, Match
from tests.sandbox.bank_office import DELAY, INTERVAL, TOKEN, Office, open_office
from tests.transfers.tame import Tame
from tests.transfers.world import ACCOUNT, FUNDS, LONG_AGO, UNIT, World, available, drive_until, history, posted
from transfers import driver
from transfers.commands import exchanges
from transfers.models import BankAccount, Leg, Transfer
from transfers.rails import registry
from transfers.rails.registry import Rails, RailSettings
from transfers.rails.trust import authorities
from transfers.webhooks import commands as inbox

PAID = FUNDS - 40 * UNIT - UNIT
PATIENCE_S = 0.5


@contextmanager
def open_bank(directory: Path) -> Iterator[Office]:
    """The sandbox bank in a thread, its clock the test's; chain, signer and desk are tame."""
    with open_office(directory) as office:
        office.now = time.time()
        rails = Rails(RailSettings(bank_url=office.url, bank_token=TOKEN), recorder=exchanges.keep)
        tame = Tame()
        rails.__dict__.update(evm=tame, signer=tame, desks=tame.desks)
        before = registry.use(rails)
        try:
            yield office
        finally:
            registry.use(before)
            rails.close()


class Inbox:
    """Our side of the bank's messages."""

    def deliver(self, hint_id: str, body: str) -> bool:
        receipt = inbox.store(source="bank", webhook_id=hint_id, headers={}, body=body.encode())
        inbox.process(receipt.webhook_id)
        return True


@dataclass
class Story:
    """40.00 USDC, paid out in pesos."""

    house: World
    office: Office
    transfer: Transfer

    @classmethod
    def begin(cls, house: World, office: Office, kind: str, **settings: str) -> "Story":
        story = cls(house, office, Transfer())
        story.arm(kind, **settings)
        story.transfer = house.off_ramp("40.00")
        return story

    def ask(self, method: str, path: str, **body: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.request(method, self.office.url + path, json=body, headers=headers, timeout=20, verify=authorities())

    def arm(self, kind: str, **settings: str) -> None:
        assert self.ask("POST", "/sandbox/faults", kind=kind, **settings).status_code == 200

    def obey(self) -> None:
        for order in self.ask("GET", "/sandbox/faults").json()["data"]:
            self.ask("DELETE", f"/sandbox/faults/{order['id']}")

    def met(self) -> None:
        assert self.ask("GET", "/sandbox/faults").json()["data"] == []

    def step(self) -> Transfer:
        Transfer.objects.filter(pk=self.transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
        driver.advance_one(self.transfer.id)
        self.transfer.refresh_from_db()
        return self.transfer

    def is_held_up(self, *codes: str) -> None:
        assert self.step().last_error.startswith(codes), self.transfer.last_error
        assert (self.transfer.status, posted(ACCOUNT)) == ("CONFIRMED", PAID)

    def settles(self, until: str = "FIAT_SETTLED") -> None:
        drive_until(self.transfer, until, between=self.a_moment)

    def a_moment(self) -> None:
        self.office.pass_time(DELAY)

    def waits(self, seconds: float) -> None:
        """The bank does what falls due in so long a time."""
        for _ in range(int(seconds / DELAY)):
            self.office.pass_time(DELAY)

    def reads_statement(self) -> None:
        self.office.pass_time(INTERVAL)
        self.office.pass_time(INTERVAL)
        reconcile()
        self.transfer.refresh_from_db()

    def takes_fee(self) -> None:
        """Something for a statement of its own."""
        assert self.ask("POST", "/sandbox/fee", iban=BankAccount.objects.get().iban, amount="1.00").status_code == 200
        self.reads_statement()

    def is_proved(self) -> bool:
        """Whether a line of a statement is known to be the payout."""
        return Match.objects.filter(transfer_id=self.transfer.pk).exists()

    def booked(self) -> list[int]:
        """What the bank has booked under the payout's name, in cents."""
        name = Leg.objects.get(transfer=self.transfer, rail="bank").reference
        with self.office.books.transaction() as rows:
            return [
                row["amount"] for row in rows.execute("SELECT amount FROM booking WHERE end_to_end_id = ? ORDER BY id", (name,))
            ]

    def is_paid_once(self, *, booked: int = 1, breaks: int = 0) -> None:
        assert self.transfer.status == "FIAT_SETTLED"
        assert [kind for kind, *_ in history(self.transfer.id)].count("payout_ordered") == 1
        self.reads_statement()
        assert self.booked() == [-(self.transfer.target_amount or 0)] * booked
        assert (self.is_proved(), Break.objects.count()) == (True, breaks)
        self.books_hold(PAID)

    def books_hold(self, client: int) -> None:
        assert posted(ACCOUNT) == available() == client
        assert all(row.balanced for row in trial_balance())
        assert list(findings()) == []
