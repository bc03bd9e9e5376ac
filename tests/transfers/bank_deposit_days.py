"""A drive for every order of the sandbox bank that can touch a payment that comes in; why the others cannot."""

from collections.abc import Callable, Mapping

import httpx

from audit import coverage
from ledger.models import Account
from ledger.queries.proofs import findings
from reconciliation.commands.importing import import_statement
from reconciliation.commands.reconciling import reconcile
from reconciliation.models import Break
from tests.sandbox.bank_office import DELAY, INTERVAL, Office
from tests.transfers.bank_house import PATIENCE_S, Inbox, Story
from tests.transfers.world import World, drive_until, posted
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.models import Arrival, BankAccount, Transfer
from transfers.rails import registry

AMOUNT = 150_000
CLIENT, UNALLOCATED = "client:acme:MXN", "quarantine:arrivals:MXN"


class PaidIn(Story):
    """1,500.00 pesos that somebody pays to our account, naming a client."""

    @classmethod
    def of(cls, house: World, office: Office) -> "PaidIn":
        story = cls(house, office, Transfer())
        account = BankAccount.objects.get()
        # What was read before tells what is missing after it.
        assert story.ask("POST", f"/statements/{account.iban}/close").status_code == 200
        reconcile()
        text = f"Invoice 7 {open_bank_reference(client_id='acme', account=account).value}"
        given = {"iban": account.iban, "amount": "1500.00", "name": "Eve", "remittance": text, "end_to_end_id": "E-1"}
        assert story.ask("POST", "/sandbox/incoming", **given).status_code == 200
        return story

    def is_shown(self) -> None:
        """The bank closes its statement, we read it, and the driver does what it can."""
        self.office.pass_time(INTERVAL)
        self.office.pass_time(INTERVAL)
        self.is_read()

    def is_read(self) -> None:
        reconcile()
        for transfer in Transfer.objects.filter(route="bank_deposit", status="CREATED"):
            drive_until(transfer, "CONFIRMED")
        reconcile()

    def is_not_credited(self) -> None:
        assert (posted(CLIENT), Transfer.objects.filter(route="bank_deposit").count()) == (0, 0)

    def is_credited_once(self, *, arrivals: int = 1, breaks: int = 0) -> None:
        for _ in range(2):
            self.is_read()
        assert [one.status for one in Transfer.objects.filter(route="bank_deposit")] == ["RECONCILED"]
        assert (posted(CLIENT), Arrival.objects.count()) == (AMOUNT, arrivals)
        assert Break.objects.exclude(status="resolved").count() == breaks
        self.everything_holds()

    def is_taken_back_once(self) -> None:
        for _ in range(2):
            self.is_shown()
        assert [one.failure_code for one in Transfer.objects.filter(route="bank_deposit")] in ([], ["deposit_taken_back"])
        assert (posted(CLIENT), _aside(), Arrival.objects.get().status) == (0, 0, "taken_back")
        assert not Break.objects.exclude(status="resolved").exists()
        self.everything_holds()

    def everything_holds(self) -> None:
        assert list(findings()) == []
        assert list(coverage.findings()) == []


def _aside() -> int:
    return posted(UNALLOCATED) if Account.objects.filter(code=UNALLOCATED).exists() else 0


def slow(story: PaidIn) -> None:
    bank = registry.rails().bank_of(BankAccount.objects.get().provider)._client
    patience, bank._http.timeout = bank._http.timeout, httpx.Timeout(PATIENCE_S)
    story.obey()
    story.arm("slow", seconds="1", times="1")
    story.office.pass_time(INTERVAL)
    reconcile()
    story.met()
    story.is_not_credited()
    bank._http.timeout = patience
    story.is_shown()
    story.is_credited_once()


def down(story: PaidIn) -> None:
    story.is_shown()
    story.is_not_credited()
    story.obey()
    story.is_shown()
    story.is_credited_once()


def statement_late(story: PaidIn) -> None:
    story.is_shown()
    story.is_not_credited()
    story.waits(60)
    story.is_read()
    story.is_credited_once()


def statement_missing(story: PaidIn) -> None:
    """What nobody gave out is told missing by the next one, with a fee of the bank's on it, and credited when it is found."""
    story.is_shown()
    story.is_not_credited()
    assert story.ask("POST", "/sandbox/fee", iban=BankAccount.objects.get().iban, amount="1.00").status_code == 200
    story.is_shown()
    assert Break.objects.filter(title__endswith="is missing").count() == 1
    story.is_not_credited()
    story.ask("POST", "/sandbox/statements/2/find")
    story.is_read()
    story.is_credited_once(breaks=2)


def wrong_amount(story: PaidIn) -> None:
    """Set aside with the statement's own break beside it; the corrected statement credits what the bank has booked."""
    story.is_shown()
    story.met()
    story.is_not_credited()
    assert (posted(UNALLOCATED), Arrival.objects.get().status) == (AMOUNT + 100, "unallocated")
    assert sorted(Break.objects.values_list("type", flat=True)) == ["balance", "external_only"]
    story.everything_holds()
    with story.office.books.transaction() as rows:
        content = rows.execute("SELECT content FROM statement ORDER BY sequence DESC").fetchone()["content"]
    corrected = content.replace("1501.00", "1500.00").encode()
    import_statement(source_code=BankAccount.objects.get().code, name="corrected.xml", content=corrected, imported_by="test")
    story.is_credited_once(arrivals=2, breaks=2)
    assert posted(UNALLOCATED) == AMOUNT + 100


def take_back(story: PaidIn) -> None:
    """Before anybody was credited: shown and taken back on one statement."""
    story.is_taken_back_once()


def hints(story: PaidIn) -> None:
    """Credited, then taken back: the message about it is lost, late or overtaken, and the statement alone decides."""
    story.is_shown()
    story.is_credited_once()
    story.arm("take_back")
    for _ in range(4):
        story.office.pass_time(DELAY)
        story.office.clerk.deliver(Inbox())  # type: ignore[arg-type]
    story.met()
    assert posted(CLIENT) == AMOUNT
    story.is_taken_back_once()


DRIVES: Mapping[str, Callable[[PaidIn], None]] = {
    **dict.fromkeys(("hint_lost", "hint_late", "hint_reorder"), hints),
    **{drive.__name__: drive for drive in (slow, down, statement_late, statement_missing, wrong_amount, take_back)},
}
_OF_ORDERS = "The bank does it to an order to pay that we give it; nobody orders what comes in."
_OF_RECALLS = "The bank does it to a recall of a payout; what came in is not recalled by us."
EXEMPT: Mapping[str, str] = {
    **dict.fromkeys(("timeout", "lose", "reject", "settle_late", "duplicate", "confirm_twice", "reorder"), _OF_ORDERS),
    **dict.fromkeys(("return", "contradict"), _OF_ORDERS),
    **dict.fromkeys(("recall_refused", "recall_unanswered", "recall_timeout", "recall_lost"), _OF_RECALLS),
}
