"""Tokens that are nobody's go back to an address that two people state alike, each on evidence of their own."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals.commands import place_halt
from approvals.errors import ApprovalsError, Halted
from approvals.models import ApprovalRequest
from audit import clock, coverage
from ledger.queries.proofs import findings
from tests.transfers.incoming import SENDER, address_of, fake_chain
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.test_send_back import vote
from tests.transfers.world import FUNDS, PAYEE, USDC, World, acting, drive_until, history, posted
from transfers import crashpoints
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.deposits.stated import Stated, counting, state_address
from transfers.commands.deposits.watching import watch
from transfers.errors import Refused
from transfers.models import Arrival, ChainTransaction, SendBack, StatedAddress, Transfer
from transfers.outbox.queries import told_of

HOT, DEPOSITS, SUSPENSE = f"wallet:hot-1:{USDC}", f"wallet:deposits:{USDC}", f"quarantine:arrivals:{USDC}"
DUST = 900_000
LETTER = "Their signed letter of today, in the file of the case."


@pytest.fixture
def arrival(world: World) -> Arrival:
    """Less than the smallest deposit came to the client's address: booked, and nobody's."""
    with fake_chain() as chain:
        chain.pay(address_of().value, DUST)
        chain.mine(3)
        watch()
        drive_until(Transfer.objects.get(), "FAILED")
    return Arrival.objects.get()


@pytest.fixture
def tame() -> Any:
    with tame_outside() as there:
        yield there


def state(who: Any, arrival: Arrival, address: str = SENDER, *, evidence: str = LETTER, fee: int = 0) -> Stated:
    with acting(who):
        return state_address(arrival_id=arrival.pk, address=address, evidence=evidence, fee=fee, person_id=who.id)


def asked(world: World, arrival: Arrival, *, fee: int = 0) -> ApprovalRequest:
    state(world.maker, arrival, fee=fee)
    request = state(world.second_checker, arrival).request
    assert request is not None
    return request


def approved(world: World, arrival: Arrival, *, fee: int = 0) -> Transfer:
    vote(world.checker, asked(world, arrival, fee=fee))
    return Transfer.objects.get(send_back__arrival=arrival)


def test_what_two_people_state_alike_is_approved_sent_and_booked(world: World, arrival: Arrival, tame: Tame) -> None:
    transfer = drive_until(approved(world, arrival, fee=1_000), "CONFIRMED")
    assert (posted(SUSPENSE), posted(DEPOSITS), posted(HOT)) == (0, DUST, FUNDS - DUST + 1_000)
    assert (posted(f"fees:send-back:{USDC}"), posted("gas:hot-1:ETH.ethereum")) == (1_000, 5 * 10**18 - 21_000)
    assert [to for _, _, to in history(transfer.id) if to != "FUNDS_LOCKED"] == ["CREATED", "SENT_ON_CHAIN", "CONFIRMED"]
    assert (transfer.destination_details["address"], transfer.client_id) == (SENDER, "house")
    arrival.refresh_from_db()
    assert arrival.status == "returned"
    assert (list(findings()), list(coverage.findings())) == ([], [])


def test_of_a_frozen_client_nothing_is_approved_to_go_back(world: World, arrival: Arrival, tame: Tame) -> None:
    request = asked(world, arrival)
    place_halt(scope="client", target="acme", reason="a court order")
    with pytest.raises(Halted):
        vote(world.checker, request)
    request.refresh_from_db()
    assert (request.status, SendBack.objects.count(), posted(SUSPENSE)) == ("pending", 0, DUST)


def test_what_is_under_way_stops_when_the_client_is_frozen(world: World, arrival: Arrival, tame: Tame) -> None:
    transfer = approved(world, arrival)
    place_halt(scope="client", target="acme", reason="a court order")
    drive_until(transfer, "CREATED")
    assert transfer.stopped_by.startswith("Client acme is frozen")
    assert (ChainTransaction.objects.count(), posted(SUSPENSE)) == (0, DUST)


def test_the_client_whose_deposit_it_was_is_told(world: World, arrival: Arrival, tame: Tame) -> None:
    deposit = Transfer.objects.get(route="chain_deposit")
    before = deposit.status_text
    transfer = approved(world, arrival)
    deposit.refresh_from_db()
    assert deposit.status_text == before
    drive_until(transfer, "CONFIRMED")
    deposit.refresh_from_db()
    assert (deposit.status, deposit.status_text) == ("FAILED", "We have sent this deposit back to where it came from.")
    news, _ = told_of(deposit.pk)[0]
    assert (news.type, news.status_text) == ("transfer.deposit_sent_back", deposit.status_text)
    # The chain takes it out of its block again, which is the chain watch's to tell.
    transfer.status = "REORGED"
    follow_arrival(transfer)
    deposit.refresh_from_db()
    news, _ = told_of(deposit.pk)[0]
    assert (news.type, news.status_text, deposit.status_text) == ("transfer.deposit_not_sent_back", before, before)


def test_one_person_is_not_enough_however_often_they_say_it(world: World, arrival: Arrival) -> None:
    for _ in range(2):
        assert state(world.maker, arrival) == Stated(None, differs=False)
    assert (ApprovalRequest.objects.count(), StatedAddress.objects.count(), len(counting(arrival))) == (0, 1, 1)
    with clock.using(lambda: datetime.now(UTC) + timedelta(hours=2)):
        assert state(world.maker, arrival) == Stated(None, differs=False)
    assert (ApprovalRequest.objects.count(), StatedAddress.objects.count(), len(counting(arrival))) == (0, 2, 1)


def test_two_who_differ_ask_for_nothing_until_they_agree(world: World, arrival: Arrival) -> None:
    state(world.maker, arrival)
    assert state(world.checker, arrival, PAYEE).differs
    assert ApprovalRequest.objects.count() == 0
    request = state(world.maker, arrival, PAYEE).request
    assert request is not None
    assert set(request.makers.values_list("person_id", flat=True)) == {world.maker.id, world.checker.id}


def test_neither_of_the_two_decides(world: World, arrival: Arrival) -> None:
    request = asked(world, arrival)
    for who in (world.maker, world.second_checker):
        with pytest.raises(ApprovalsError):
            vote(who, request)
    assert SendBack.objects.count() == 0


def test_what_was_stated_a_week_ago_has_to_be_said_again(world: World, arrival: Arrival) -> None:
    week_ago = clock.now() - timedelta(days=8)
    with clock.using(lambda: week_ago):
        state(world.maker, arrival)
    assert state(world.checker, arrival) == Stated(None, differs=False)


@pytest.mark.parametrize("address", ["", "0x12", "0x" + "22" * 20, "0x" + "11" * 20, "0x" + "0" * 40, SENDER.swapcase()])
def test_an_address_that_is_none_or_ours_is_refused(world: World, arrival: Arrival, address: str) -> None:
    with pytest.raises(Refused):
        state(world.maker, arrival, address)
    with pytest.raises(Refused):
        state(world.maker, arrival, address_of_client())
    assert StatedAddress.objects.count() == 0


def address_of_client() -> str:
    return str(Arrival.objects.get().facts["to"])


def test_a_statement_without_evidence_is_refused(world: World, arrival: Arrival) -> None:
    with pytest.raises(Refused, match="how you know"):
        state(world.maker, arrival, evidence="trust me")
    assert StatedAddress.objects.count() == 0


def test_a_reverted_one_is_unallocated_again_and_costs_its_gas(world: World, arrival: Arrival, tame: Tame) -> None:
    tame.reverts = True
    drive_until(approved(world, arrival), "FAILED")
    arrival.refresh_from_db()
    assert (arrival.status, posted(SUSPENSE), posted(HOT)) == ("unallocated", DUST, FUNDS)
    assert (list(findings()), list(coverage.findings())) == ([], [])


@pytest.mark.parametrize("point", [name for name in crashpoints.ALL if name.startswith(("lock.", "send.", "confirm."))])
def test_an_error_at_any_crash_point_of_its_way_pays_it_once(
    world: World, arrival: Arrival, tame: Tame, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    transfer = approved(world, arrival)
    monkeypatch.setattr(crashpoints, "_passed", Counter())
    monkeypatch.setenv("COUNTERSIGN_CRASH", f"{point}=raise")
    drive_until(transfer, "CONFIRMED")
    assert crashpoints._passed[point] > 0
    assert (posted(SUSPENSE), posted(HOT)) == (0, FUNDS - DUST)
    assert list(findings()) == []
