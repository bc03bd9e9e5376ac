"""From one client's balance to another's: held when it is ordered, booked in one posting, proved by the books."""

from datetime import timedelta

import pytest

from approvals.commands import block_destination
from approvals.commands.halts import place_halt
from approvals.models import Person
from audit import clock
from ledger.commands import close_account
from ledger.models import Hold
from reconciliation.commands.closing import close_proved_transfers
from tests.transfers.within import FEE, GLOBEX, GLOBEX_ACCOUNT, broken_proofs, evidence_of, neighbours, pay
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, Books, World, available, drive_until, history, posted, request_of
from transfers import driver
from transfers.errors import Refused
from transfers.models import Transfer
from transfers.queries.proved import NOT_APPLICABLE


@pytest.fixture(autouse=True)
def _neighbours(world: World) -> None:
    neighbours()


def test_it_is_held_at_once_and_booked_in_one_posting(world: World) -> None:
    transfer = pay(world)
    assert (transfer.status, transfer.receiver_id, available()) == ("CREATED", "globex", FUNDS - 100 * UNIT - FEE)
    drive_until(transfer, "CONFIRMED")
    assert history(transfer.id) == [("created", "", "CREATED"), ("confirmed", "CREATED", "CONFIRMED")]
    assert (posted(ACCOUNT), posted(GLOBEX_ACCOUNT)) == (FUNDS - 100 * UNIT - FEE, 100 * UNIT)
    assert posted("fees:internal:USDC.ethereum") == FEE
    assert Hold.objects.get(reference=transfer.hold_reference).status == "settled"
    assert (transfer.target_amount, transfer.fee_amount, transfer.money_state) == (100 * UNIT, FEE, "posted")


def test_the_books_themselves_close_it(world: World) -> None:
    transfer = drive_until(pay(world), "CONFIRMED")
    evidence = evidence_of(transfer)
    assert evidence is not None
    assert evidence["external"] == NOT_APPLICABLE
    assert evidence["ledger"]["posting"] == f"internal/{transfer.reference}"
    assert close_proved_transfers() == 1
    transfer.refresh_from_db()
    assert (transfer.status, transfer.evidence_state) == ("RECONCILED", "matched")
    assert transfer.events.get(to_status="RECONCILED").data["evidence"]["ledger"]["entries"] == 3
    assert close_proved_transfers() == 0
    assert broken_proofs() == []


def test_a_large_one_waits_for_two_others(world: World) -> None:
    transfer = pay(world, "5000.00")
    request = request_of(transfer)
    assert request.title == "Acme Robotics pays another client 5,000.00 USDC"
    assert not driver.advance_one(transfer.id)
    world.approve(transfer)
    drive_until(transfer, "CONFIRMED")
    request.refresh_from_db()
    assert request.executed_at is not None
    assert posted(GLOBEX_ACCOUNT) == 5000 * UNIT


def test_a_rejected_one_gives_everything_back(world: World) -> None:
    transfer = pay(world, "5000.00")
    world.vote(transfer, world.checker, "reject")
    transfer.refresh_from_db()
    assert (transfer.status, available(), posted(GLOBEX_ACCOUNT)) == ("CANCELLED", FUNDS, 0)


def test_what_was_changed_after_the_approval_is_not_booked(world: World) -> None:
    transfer = pay(world, "5000.00")
    world.approve(transfer)
    Person.objects.filter(pk=world.checker.pk).update(active=False)
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.status == "CREATED"
    assert transfer.stopped_by.startswith("authority_broken")
    assert posted(GLOBEX_ACCOUNT) == 0


@pytest.mark.parametrize("target", ["acme", "globex"])
def test_a_halt_on_either_client_stops_it(world: World, target: str) -> None:
    transfer = pay(world)
    place_halt(scope="client", target=target, reason="drill")
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert (transfer.status, posted(GLOBEX_ACCOUNT)) == ("CREATED", 0)
    assert transfer.stopped_by
    before = Books.now()
    with pytest.raises(Refused) as refused:
        pay(world)
    assert refused.value.code == "account_frozen"
    assert Books.now() == before


def test_a_receiver_whose_account_closed_meanwhile_costs_nothing(world: World) -> None:
    transfer = pay(world)
    close_account(code=GLOBEX_ACCOUNT, reason="left")
    drive_until(transfer, "FAILED")
    assert (transfer.failure_code, available()) == ("receiver_cannot_take", FUNDS)
    assert broken_proofs() == []


def test_who_is_not_on_the_list_cannot_be_told_from_who_does_not_exist(world: World) -> None:
    answers = []
    for name in ("initech", "nobody"):
        before = Books.now()
        with pytest.raises(Refused) as refused:
            world.order(destination={"type": "client_account", "client": name})
        answers.append((refused.value.code, refused.value.detail))
        assert Books.now() == before
    assert answers[0] == answers[1]


def test_a_destination_that_cools_off_or_is_blocked_takes_nothing(world: World) -> None:
    destination = Transfer.objects.get(pk=pay(world).pk).destination
    assert destination is not None
    block_destination(destination_id=destination.pk, reason="fraud")
    before = Books.now()
    with pytest.raises(Refused) as refused:
        pay(world)
    assert refused.value.code == "invalid_destination"
    assert Books.now() == before


def test_nobody_pays_itself(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.order(destination=GLOBEX | {"client": "acme"})
    assert refused.value.code == "invalid_destination"


def test_an_order_whose_time_is_up_gives_the_money_back(world: World) -> None:
    transfer = pay(world, "5000.00")
    late = clock.now() + timedelta(hours=5)
    with clock.using(lambda: late):
        drive_until(transfer, "EXPIRED")
    assert available() == FUNDS
