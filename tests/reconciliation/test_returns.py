"""What comes back after it was paid, on the running sandbox bank and by its own statement: whole or short, before RECONCILED or
after, under the machine of today or yesterday."""

import time
from collections.abc import Callable

import pytest
from django.db import connection

from ledger.models import LedgerTransaction
from ledger.proofs.registry import START
from ledger.queries import trial_balance
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem, Match
from tests.alerts.looking import in_state
from tests.reconciliation import outside
from tests.transfers.bank_faults import arm, ask, faulty
from tests.transfers.stack import Stack
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, World, available, history, posted
from transfers.models import Leg, Transfer, TransferEvent
from transfers.proofs import PROOFS
from transfers.states import Status

pytestmark = pytest.mark.stack
PAID_OUT = FUNDS - 100 * UNIT - UNIT


def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def paid_and_sent_back(house: World, stack: Stack, **settings: str) -> Transfer:
    """An off-ramp that the bank has settled and booked back since; no statement shows either yet."""
    before = _booked(stack)
    arm(stack, "return", **{"seconds": "0", **settings})
    transfer = outside.settled(house, stack)
    kept = int(settings.get("less", "0").replace(".", "") or "0")
    until(lambda: _booked(stack) == before - kept)
    return transfer


def _booked(stack: Stack) -> int:
    rows = ask(stack, "GET", "/accounts")["data"]
    return next(int(row["booked"].replace(".", "")) for row in rows if row["currency"] == "MXN")


def read_statement(stack: Stack, transfer: Transfer) -> None:
    outside.close_statement(stack)
    outside.read_and_match(stack)
    transfer.refresh_from_db()


def books_balance() -> None:
    assert all(row.debits == row.credits for row in trial_balance())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    assert [(proof.name, found) for proof in PROOFS for found in proof.find(START)] == []


def test_money_that_comes_back_ends_the_transfer_and_the_client_has_it_again(read: World, rails: Stack) -> None:
    transfer = paid_and_sent_back(read, rails, code="AC04")
    assert posted(ACCOUNT) == PAID_OUT

    read_statement(rails, transfer)

    assert (transfer.status, transfer.failure_code) == (Status.FAILED, "bank_returned")
    assert (transfer.money_state, transfer.evidence_state) == ("reversed", "matched")
    assert transfer.status_text == "The bank sent your payout back. The amount and our fee are back in your balance."
    assert posted(ACCOUNT) == available() == FUNDS
    assert posted("nostro:nordbank-mxn:MXN") == 10**11
    assert posted("payable:payouts:MXN") == posted("position:USDC.ethereum/MXN:MXN") == 0
    assert posted("fees:withdrawal:USDC.ethereum") == 0
    assert posted("wallet:settlement-1:USDC.ethereum") == 100 * UNIT
    forced = LedgerTransaction.objects.filter(transaction_id=transfer.id).exclude(forced_kind="")
    assert {(one.kind, one.forced_kind, one.reverses_id is not None) for one in forced} == {
        ("payout.reversal", "return", True),
        ("conversion.reversal", "return", True),
    }
    leg = Leg.objects.get(transfer=transfer, rail="bank")
    assert leg.money_state == "reversed"
    assert set(Match.objects.filter(leg_reference=leg.reference).values_list("role", flat=True)) == {"payment", "return"}
    told = TransferEvent.objects.filter(transfer=transfer).latest("seq")
    assert (told.data["bank_reason"], told.data["evidence"]["source"]) == ("AC04", outside.BANK)
    assert not Break.objects.exists()
    books_balance()


def test_it_comes_back_only_once_however_often_it_is_read(read: World, rails: Stack) -> None:
    transfer = paid_and_sent_back(read, rails)
    read_statement(rails, transfer)
    seen = history(transfer.id)
    read_statement(rails, transfer)
    assert history(transfer.id) == seen
    assert posted(ACCOUNT) == FUNDS


def test_a_second_credit_under_its_name_is_a_break_and_pays_nobody(read: World, rails: Stack) -> None:
    transfer = paid_and_sent_back(read, rails)
    read_statement(rails, transfer)
    leg = Leg.objects.get(transfer=transfer, rail="bank")
    outside.bank_line(outside.pesos(leg.amount), direction="CRDT", refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    match_open_items()
    assert Break.objects.get().type == "duplicate"
    assert posted(ACCOUNT) == FUNDS


def test_a_reconciled_transfer_can_come_back_too(read: World, rails: Stack) -> None:
    transfer = outside.settled(read, rails)
    read_statement(rails, transfer)
    assert transfer.status == Status.RECONCILED
    leg = Leg.objects.get(transfer=transfer, rail="bank")
    outside.bank_line(outside.pesos(leg.amount), direction="CRDT", refs=f"<UETR>{_uetr(leg)}</UETR>")
    match_open_items()
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code, posted(ACCOUNT)) == (Status.FAILED, "bank_returned", FUNDS)
    assert history(transfer.id)[-1] == ("failed", "RECONCILED", "FAILED")
    books_balance()


def _uetr(leg: Leg) -> str:
    return leg.external_references.get(kind="uetr").value


def test_a_part_that_comes_back_is_for_people(read: World, rails: Stack) -> None:
    transfer = paid_and_sent_back(read, rails, less="2.50")
    read_statement(rails, transfer)
    assert (transfer.status, transfer.money_state, transfer.evidence_state) == (Status.FIAT_SETTLED, "exception", "disputed")
    assert transfer.last_error.startswith("bank_returned_short: ")
    assert posted(ACCOUNT) == PAID_OUT
    opened = Break.objects.get()
    leg = Leg.objects.get(transfer=transfer, rail="bank")
    assert (opened.type, opened.expected_amount, opened.actual_amount) == ("amount", leg.amount, leg.amount - 250)
    # Somebody explains the break; the transfer still waits for a decision about its money.
    Break.objects.update(status="resolved", resolved_at=opened.opened_at, resolution="kept on the way")
    read_statement(rails, transfer)
    assert transfer.status == Status.FIAT_SETTLED
    books_balance()


def test_a_return_waits_until_we_have_heard_of_the_payment(read: World, rails: Stack) -> None:
    transfer = outside.settled(read, rails)
    leg = Leg.objects.get(transfer=transfer, rail="bank")
    in_state(transfer, "CONFIRMED", transfer.state_entered_at)
    outside.bank_line(outside.pesos(leg.amount), direction="CRDT", refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    match_open_items()
    assert ExternalItem.objects.get(direction="credit", kind="bank_line").status == "unmatched"
    in_state(transfer, "FIAT_SETTLED", transfer.state_entered_at)
    match_open_items()
    transfer.refresh_from_db()
    assert transfer.status == Status.FAILED


def test_under_yesterdays_machine_it_is_a_break(read: World, rails: Stack) -> None:
    """Two versions in flight at once: only the newer one has a way back."""
    old, new = outside.settled(read, rails), outside.settled(read, rails)
    in_state(old, "FIAT_SETTLED", old.state_entered_at, machine_version=1)
    for transfer in (old, new):
        leg = Leg.objects.get(transfer=transfer, rail="bank")
        outside.bank_line(outside.pesos(leg.amount), direction="CRDT", refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    match_open_items()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, new.status) == (Status.FIAT_SETTLED, Status.FAILED)
    assert Break.objects.get().transfer_id == old.id


def test_a_missing_statement_is_said_and_read_when_it_comes(read: World, rails: Stack) -> None:
    with faulty(rails, "statement_missing"):
        first = outside.settled(read, rails)
        number = outside.close_statement(rails)
        second = outside.settled(read, rails)
        outside.close_statement(rails)
        outside.read_and_match(rails)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Status.FIAT_SETTLED, Status.RECONCILED)
    assert Break.objects.get().title == f"Statement {number} of Nordbank pesos is missing"
    outside.read_and_match(rails)
    assert Break.objects.count() == 1
    ask(rails, "POST", f"/sandbox/statements/{number}/find")
    outside.read_and_match(rails)
    first.refresh_from_db()
    assert first.status == Status.RECONCILED


@pytest.mark.parametrize(("kind", "types"), [("wrong_amount", ["amount", "balance"]), ("duplicate", ["duplicate"])])
def test_a_statement_that_lies_or_repeats_is_a_break(read: World, rails: Stack, kind: str, types: list[str]) -> None:
    with faulty(rails, kind):
        transfer = outside.settled(read, rails)
        read_statement(rails, transfer)
    assert sorted(Break.objects.values_list("type", flat=True)) == types
    assert transfer.status == Status.FIAT_SETTLED
    assert posted(ACCOUNT) == PAID_OUT
