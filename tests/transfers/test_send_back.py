"""Unallocated money goes back: from a bank to the debtor of the statement line, on a chain to what two people state, once."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection

from approvals import registry
from approvals.errors import ApprovalsError, NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest, Person
from approvals.registry import DecideInput
from audit import coverage
from ledger.queries.proofs import findings
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.test_allocation import UNALLOCATED
from tests.transfers.test_allocation import asked as ask_to_allocate
from tests.transfers.world import LONG_AGO, World, acting, drive_until, history, posted
from transfers import crashpoints
from transfers.commands.cancel import cancel
from transfers.commands.deposits.allocation import waiting_arrivals
from transfers.commands.deposits.send_back import request_to_debtor
from transfers.errors import Conflict, Refused
from transfers.models import Arrival, BankAccount, Leg, Transfer

IBAN, NOSTRO, FEES = "DE89370400440532013000", "nostro:nordbank-mxn:MXN", "fees:send-back:MXN"
DEBTOR = f"<RltdPties><Dbtr><Nm>A Stranger</Nm></Dbtr><DbtrAcct><Id><IBAN>{IBAN}</IBAN></Id></DbtrAcct></RltdPties>"
OPENED, ARRIVED = 10**11, 90_000


@pytest.fixture
def tame() -> Any:
    with tame_outside() as there:
        yield there


def paid_in(parties: str = DEBTOR) -> Arrival:
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    refs = "<AcctSvcrRef>B-1</AcctSvcrRef>"
    outside.bank_line("900.00", direction="CRDT", refs=refs, parties=f"{parties}<RmtInf><Ustrd>for nobody</Ustrd></RmtInf>")
    match_open_items()
    return Arrival.objects.get()


@pytest.fixture
def arrival(world: World, tame: Tame) -> Arrival:
    return paid_in()


def asked(world: World, arrival: Arrival, *, fee: int = 0, reason: str = "their letter of today") -> ApprovalRequest:
    with acting(world.maker):
        return request_to_debtor(arrival_id=arrival.pk, reason=reason, fee=fee, maker=world.maker.id)


def vote(person: Person, request: ApprovalRequest, decision: str = "approve") -> None:
    usual: dict[str, Any] = {"roles": {request.role: LONG_AGO}, "decision": decision, "page_opened_at": None}
    with acting(person):
        registry.get(request.action).decide(
            DecideInput(
                request_id=request.id,
                person_id=person.id,
                operator=person.name,
                digest=bytes(request.digest),
                revision=request.revision,
                reason="" if decision == "approve" else "not theirs",
                **usual,
            )
        )


def approved(world: World, arrival: Arrival, *, fee: int = 0) -> Transfer:
    vote(world.checker, asked(world, arrival, fee=fee))
    return Transfer.objects.get(send_back__arrival=arrival)


def everything_holds() -> None:
    assert list(findings()) == []
    assert list(coverage.findings()) == []


def test_it_is_paid_to_the_debtor_of_the_statement_line_less_the_fee(world: World, arrival: Arrival) -> None:
    request = asked(world, arrival, fee=1_500)
    assert (request.quorum, request.title) == (1, f"Send 885.00 MXN back to A Stranger, {IBAN}")
    vote(world.checker, request)
    transfer = drive_until(Transfer.objects.get(), "FIAT_SETTLED")
    leg = Leg.objects.get(transfer=transfer)
    assert (leg.counterparty["iban"], leg.counterparty["name"], leg.amount) == (IBAN, "A Stranger", 88_500)
    assert (posted(UNALLOCATED), posted(FEES), posted("payable:payouts:MXN")) == (0, 1_500, 0)
    assert posted(NOSTRO) == OPENED + ARRIVED - 88_500
    assert [to for _, _, to in history(transfer.id)][:4] == ["CREATED", "FUNDS_LOCKED", "CONFIRMED", "CONFIRMED"]
    arrival.refresh_from_db()
    assert (arrival.status, arrival.send_backs.get().transfer_id) == ("returned", transfer.pk)
    assert not waiting_arrivals().exists()
    everything_holds()


def test_the_statement_that_shows_the_debit_closes_it_and_its_break(world: World, arrival: Arrival) -> None:
    transfer = drive_until(approved(world, arrival), "FIAT_SETTLED")
    leg = Leg.objects.get(transfer=transfer)
    outside.bank_line("900.00", refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    match_open_items()
    transfer.refresh_from_db()
    assert transfer.status == "RECONCILED"
    assert [(found.status, found.resolution) for found in Break.objects.all()] == [
        ("resolved", f"Sent back by transfer {transfer.reference}.")
    ]
    everything_holds()


@pytest.mark.parametrize("parties", ["", DEBTOR.replace(IBAN, "DE00370400440532013000")])
def test_a_line_without_an_account_that_could_be_paid_is_never_sent_back(world: World, tame: Tame, parties: str) -> None:
    arrival = paid_in(parties)
    with pytest.raises(Refused) as refused:
        asked(world, arrival)
    assert refused.value.code == "invalid_destination"
    assert (ApprovalRequest.objects.count(), posted(UNALLOCATED)) == (0, ARRIVED)


@pytest.mark.parametrize(("fee", "reason"), [(-1, "why"), (ARRIVED, "why"), (0, "  ")])
def test_a_fee_that_leaves_nothing_and_a_request_without_a_reason_are_refused(
    world: World, arrival: Arrival, fee: int, reason: str
) -> None:
    with pytest.raises(Refused):
        asked(world, arrival, fee=fee, reason=reason)
    assert ApprovalRequest.objects.count() == 0


def test_whoever_asks_does_not_decide_and_a_rejection_moves_nothing(world: World, arrival: Arrival) -> None:
    request = asked(world, arrival)
    with pytest.raises(ApprovalsError):
        vote(world.maker, request)
    vote(world.checker, request, "reject")
    assert (Transfer.objects.count(), posted(UNALLOCATED), waiting_arrivals().get()) == (0, ARRIVED, arrival)


def test_it_is_either_allocated_or_sent_back_and_once(world: World, arrival: Arrival) -> None:
    request = asked(world, arrival)
    with pytest.raises(RequestAlreadyPending):
        asked(world, arrival)
    allocation = ask_to_allocate(world, arrival)
    vote(world.checker, allocation)
    with pytest.raises(NotCarriedOut, match="allocated already"):
        vote(world.checker, request)
    request.refresh_from_db()
    assert (request.status, Transfer.objects.get().route) == ("dismissed", "bank_deposit")


def test_what_is_being_sent_back_cannot_be_allocated(world: World, arrival: Arrival) -> None:
    approved(world, arrival)
    for ask in (asked, ask_to_allocate):
        with pytest.raises(Conflict, match="sent back"):
            ask(world, arrival)
    assert posted(UNALLOCATED) == ARRIVED


def test_a_cancelled_one_is_unallocated_again(world: World, arrival: Arrival) -> None:
    transfer = approved(world, arrival)
    with acting(world.maker):
        cancel(transfer.id, "they called")
    arrival.refresh_from_db()
    assert (arrival.status, posted(UNALLOCATED), waiting_arrivals().get()) == ("unallocated", ARRIVED, arrival)
    vote(world.checker, asked(world, arrival))
    assert arrival.send_backs.count() == 2
    everything_holds()


def test_a_rejection_by_the_bank_puts_everything_back(world: World, arrival: Arrival, tame: Tame) -> None:
    tame.bank_says = "RJCT"
    transfer = drive_until(approved(world, arrival, fee=100), "FAILED")
    arrival.refresh_from_db()
    assert (transfer.failure_code, arrival.status) == ("send_back_rejected", "unallocated")
    assert arrival.reason == f"Transfer {transfer.reference} did not send it back: it is “Failed”."
    assert (posted(UNALLOCATED), posted(FEES), posted("payable:payouts:MXN")) == (ARRIVED, 0, 0)
    assert posted(NOSTRO) == OPENED + ARRIVED
    everything_holds()


def test_what_the_bank_sends_back_to_us_is_unallocated_again(world: World, arrival: Arrival) -> None:
    transfer = drive_until(approved(world, arrival), "FIAT_SETTLED")
    leg = Leg.objects.get(transfer=transfer)
    outside.bank_line("900.00", refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    match_open_items()
    outside.bank_line("900.00", direction="CRDT", refs=f"<EndToEndId>{leg.reference}</EndToEndId>")
    match_open_items()
    transfer.refresh_from_db()
    arrival.refresh_from_db()
    assert (transfer.status, transfer.failure_code, arrival.status) == ("FAILED", "bank_returned", "unallocated")
    assert (posted(UNALLOCATED), posted(NOSTRO)) == (ARRIVED, OPENED + ARRIVED)
    everything_holds()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE transfers_transfer SET destination_details = jsonb_set(destination_details, '{iban}', '\"GB82WEST1234569\"')",
        "UPDATE transfers_transfer SET source_amount = 1, target_amount = 1",
        "UPDATE transfers_sendback SET evidence = '[]'",
    ],
)
def test_what_somebody_changed_by_sql_is_not_paid(world: World, arrival: Arrival, change: str) -> None:
    transfer = approved(world, arrival)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("transfer", "sendback"):
            cursor.execute(f"ALTER TABLE transfers_{table} DISABLE TRIGGER USER")
        cursor.execute(change)
        for table in ("transfer", "sendback"):
            cursor.execute(f"ALTER TABLE transfers_{table} ENABLE TRIGGER USER")
    with pytest.raises(AssertionError, match="authority_broken"):
        drive_until(transfer, "FUNDS_LOCKED", passes=2)
    assert posted(UNALLOCATED) == ARRIVED


POINTS = [name for name in crashpoints.ALL if name.startswith(("lock.", "send_back.", "pay_out."))]


@pytest.mark.parametrize("point", POINTS)
def test_an_error_at_any_crash_point_of_its_way_pays_it_once(
    world: World, arrival: Arrival, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    transfer = approved(world, arrival)
    monkeypatch.setattr(crashpoints, "_passed", Counter())
    monkeypatch.setenv("COUNTERSIGN_CRASH", f"{point}=raise")
    drive_until(transfer, "FIAT_SETTLED")
    assert crashpoints._passed[point] > 0
    assert (posted(UNALLOCATED), posted(NOSTRO)) == (0, OPENED)
    assert list(findings()) == []
