"""New terms for an order whose market has moved: a new revision, old votes void, and nothing stretched without people."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.commands import create_person
from approvals.errors import MakerMayNotDecide
from approvals.models import ApprovalRequest, Person
from tests.transfers.prices import reference_rates
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import Books, World, acting, drive_until, history, request_of
from transfers import driver
from transfers.commands.new_bounds import changed_since, propose_new_bounds
from transfers.errors import Conflict
from transfers.models import Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def out_of_bounds(world: World, tame: Tame, amount: str = "5000.00") -> Transfer:
    """Approved at 17, and by now the market gives 16.90; the bound was 50 basis points below."""
    transfer = world.off_ramp(amount)
    if transfer.approval_request_id:
        world.approve(transfer)
    tame.desk_rate = Decimal("16.90")
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()
    assert transfer.last_error.startswith("quote_out_of_bounds")
    return transfer


@pytest.fixture
def proposer(world: World) -> Person:
    return create_person(name="proposer")


def propose(proposer: Person, transfer: Transfer) -> ApprovalRequest:
    with acting(proposer):
        asked = propose_new_bounds(transfer_id=transfer.id, reason="the client agrees by phone", maker=proposer.id)
    transfer.refresh_from_db()
    return asked


def test_it_is_a_new_revision_that_says_what_changed_and_waits_for_people(world: World, tame: Tame, proposer: Person) -> None:
    transfer = out_of_bounds(world, tame)
    before = request_of(transfer)

    asked = propose(proposer, transfer)

    assert (asked.revision, asked.status, transfer.approval_request_id) == (before.revision + 1, "pending", asked.id)
    assert transfer.min_target_amount == 8_407_750
    changed = changed_since(asked)
    assert changed["min_target_amount"] == ("8457500", "8407750")
    assert set(changed) == {"min_target_amount", "makers"}
    assert history(transfer.id)[-1] == ("new_bounds_proposed", "CREATED", "CREATED")
    drive_and_expect_created(transfer)


def drive_and_expect_created(transfer: Transfer) -> None:
    """Old votes carry it nowhere."""
    with pytest.raises(AssertionError, match="still CREATED"):
        drive_until(transfer, "QUOTED", "FUNDS_LOCKED", passes=3)


def test_with_new_votes_it_goes_on_at_the_price_of_today(world: World, tame: Tame, proposer: Person) -> None:
    transfer = out_of_bounds(world, tame)
    propose(proposer, transfer)
    world.vote(transfer, world.checker)
    drive_and_expect_created(transfer)

    world.vote(transfer, world.second_checker)

    assert drive_until(transfer, "FIAT_SETTLED").target_amount == 8_450_000
    assert [request.status for request in ApprovalRequest.objects.order_by("revision")] == ["approved", "approved"]
    assert [request.executed_at is not None for request in ApprovalRequest.objects.order_by("revision")] == [False, True]


def test_whoever_proposes_is_a_maker_and_the_first_makers_stay_so(world: World, tame: Tame, proposer: Person) -> None:
    transfer = out_of_bounds(world, tame)
    propose(proposer, transfer)
    for person in (proposer, world.maker):
        with pytest.raises(MakerMayNotDecide):
            world.vote(transfer, person)


def test_one_that_needed_nobody_needs_somebody_for_new_terms(world: World, tame: Tame, proposer: Person) -> None:
    transfer = out_of_bounds(world, tame, "500.00")
    assert transfer.approval_request_id is None

    asked = propose(proposer, transfer)
    assert (asked.quorum, asked.role) == (1, "approver")
    world.vote(transfer, world.second_checker)

    drive_until(transfer, "FIAT_SETTLED")
    assert transfer.target_amount == 845_000


def test_a_revision_that_the_market_leaves_again_gives_way_to_the_next(world: World, tame: Tame, proposer: Person) -> None:
    transfer = out_of_bounds(world, tame)
    second = propose(proposer, transfer)
    world.vote(transfer, world.checker)
    with pytest.raises(Conflict, match="No quote has left its bounds"):
        propose(proposer, transfer)

    world.vote(transfer, world.second_checker)
    tame.desk_rate = Decimal("16.70")
    reference_rates(USDC_MXN="17.00")
    with pytest.raises(AssertionError, match="still CREATED"):
        drive_until(transfer, "QUOTED", passes=1)
    third = propose(proposer, transfer)

    assert (second.revision, third.revision) == (2, 3)
    assert changed_since(third)["min_target_amount"] == ("8407750", "8308250")


def test_a_rejection_ends_the_order_and_gives_everything_back(world: World, tame: Tame, proposer: Person) -> None:
    transfer = out_of_bounds(world, tame)
    propose(proposer, transfer)
    world.vote(transfer, world.second_checker, "reject")
    transfer.refresh_from_db()
    assert (transfer.status, transfer.failure_code) == ("CANCELLED", "approval_rejected")


def test_inside_its_bounds_there_is_nothing_to_propose(world: World, proposer: Person) -> None:
    transfer = world.off_ramp("5000.00")
    before = Books.now()
    with pytest.raises(Conflict, match="No quote has left its bounds"):
        propose(proposer, transfer)
    assert Books.now() == before


@pytest.mark.parametrize("attack", ["min_target_amount = 1", "approval_request_id = NULL"])
def test_sql_changes_no_terms_without_a_new_request(world: World, tame: Tame, attack: str) -> None:
    transfer = out_of_bounds(world, tame)
    statement = f"UPDATE transfers_transfer SET {attack} WHERE id = %s"
    with pytest.raises(IntegrityError, match="only with a new request"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [transfer.id])
