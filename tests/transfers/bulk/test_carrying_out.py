"""A file is one order: accepted whole, approved by its digest, carried out part by part, and each line ends for itself."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals import registry
from approvals.canonical import read
from approvals.commands.halts import place_halt
from approvals.commands.limits import set_limit
from approvals.errors import Halted
from approvals.models import Destination, LimitBucket, LimitUse
from ledger.commands import close_account
from ledger.models import Hold
from ledger.queries import balance
from reconciliation.commands.closing import close_proved_transfers
from tests.ledger.lies import lie
from tests.transfers.bulk.payroll import carry_out, order, payout, released, staff, upload, vote, wage
from tests.transfers.tame import tame_outside
from tests.transfers.within import FEE, broken_proofs
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, USDC, Books, World, available, drive_until, posted
from transfers.bulk import content
from transfers.commands import stopped
from transfers.commands.bulk.accept import accept
from transfers.commands.bulk.carry_out import carry_out_next
from transfers.commands.bulk.checking import LinesRefused
from transfers.commands.bulk.completing import complete_due
from transfers.commands.bulk.ending import cancel
from transfers.commands.cancel import cancel as cancel_one
from transfers.errors import Conflict, Refused
from transfers.models import BulkOrder, BulkPart, Transfer


@pytest.fixture
def names(world: World) -> list[str]:
    return staff(3)


def test_it_waits_for_an_approval_however_small_and_holds_everything(world: World, names: list[str]) -> None:
    given = order(world, [wage(name) for name in names])
    assert (given.status, given.line_count, given.approval_request.quorum) == ("awaiting_approval", 3, 1)
    assert available() == FUNDS - 3 * (10 * UNIT + FEE)
    assert carry_out() == 0
    assert Transfer.objects.count() == 0


def test_wages_are_booked_together_and_proved(world: World, names: list[str]) -> None:
    given = released(world, [wage(name, reference=f"May {name}") for name in names])
    assert carry_out() == 1
    assert [balance(f"client:{name}:USDC.ethereum").posted for name in names] == [10 * UNIT] * 3
    assert posted(ACCOUNT) == FUNDS - 3 * (10 * UNIT + FEE)
    paid = given.transfers.order_by("bulk_line")
    assert [(one.bulk_line, one.status, one.client_reference) for one in paid] == [
        (number, "CONFIRMED", f"May {name}") for number, name in enumerate(names, 1)
    ]
    assert close_proved_transfers() == 3
    assert complete_due() == 1
    given.refresh_from_db()
    assert given.status == "completed"
    assert broken_proofs() == []


def test_a_line_that_the_books_refuse_fails_alone(world: World, names: list[str]) -> None:
    given = released(world, [wage(name) for name in names])
    close_account(code="client:staff-2:USDC.ethereum", reason="left")
    carry_out()
    assert list(given.transfers.order_by("bulk_line").values_list("status", flat=True)) == ["CONFIRMED", "FAILED", "CONFIRMED"]
    failed = given.transfers.get(status="FAILED")
    assert (failed.failure_code, failed.money_state) == ("bulk_line_refused", "none")
    assert "closed" in failed.events.get(to_status="FAILED").reason
    assert available() == posted(ACCOUNT) == FUNDS - 2 * (10 * UNIT + FEE)
    assert broken_proofs() == []


def test_what_is_not_paid_gives_its_share_of_the_limit_back(world: World, names: list[str]) -> None:
    set_limit(asset_id=USDC, window="day", amount=100 * UNIT, client_id="acme")
    bucket = LimitBucket.objects.filter(limit__amount=100 * UNIT)
    given = released(world, [wage(name) for name in names] + [payout("20.00"), payout("30.00")])
    assert bucket.get().used == 80 * UNIT
    close_account(code="client:staff-2:USDC.ethereum", reason="left")
    carry_out()
    assert bucket.get().used == 70 * UNIT
    cancel_one(given.transfers.get(route="on_chain_withdrawal", source_amount=20 * UNIT).pk, "not this one")
    assert bucket.get().used == 50 * UNIT
    assert broken_proofs() == []


def test_a_file_that_is_stopped_half_way_keeps_only_what_was_begun_of_the_limit(world: World, names: list[str]) -> None:
    set_limit(asset_id=USDC, window="day", amount=100 * UNIT, client_id="acme")
    given = released(world, [payout(), wage(names[0])])
    assert carry_out_next()
    cancel(given.id, "enough")
    begun = given.transfers.get()
    assert LimitBucket.objects.get(limit__amount=100 * UNIT).used == begun.source_amount
    assert broken_proofs() == []


@pytest.mark.parametrize("scope", ["client", "account", "destination"])
def test_a_halt_on_one_line_stops_it_as_it_would_stop_a_transfer_alone(world: World, names: list[str], scope: str) -> None:
    given = released(world, [wage(name) for name in names])
    target = {
        "client": "staff-1",
        "account": "client:staff-1:USDC.ethereum",
        "destination": str(Destination.objects.get(label="staff-1").pk),
    }[scope]
    place_halt(scope=scope, target=target, reason="strange")
    carry_out()
    paid = given.transfers.order_by("bulk_line")
    assert list(paid.values_list("status", flat=True)) == ["FAILED", "CONFIRMED", "CONFIRMED"]
    assert balance("client:staff-1:USDC.ethereum").posted == 0
    assert "strange" in paid[0].events.get(to_status="FAILED").reason
    with pytest.raises(Halted, match="strange"), transaction.atomic():
        stopped.check(paid[0])
    assert available() == posted(ACCOUNT) == FUNDS - 2 * (10 * UNIT + FEE)
    assert broken_proofs() == []


def test_all_lines_are_judged_by_one_query(world: World, names: list[str], django_assert_num_queries: Any) -> None:
    given = released(world, [wage(name) for name in names])
    carry_out()
    transfers = list(given.transfers.all())
    with django_assert_num_queries(1):
        assert stopped.among(transfers) == {}


def test_payouts_become_transfers_in_flight_after_single_ones(world: World, names: list[str]) -> None:
    with tame_outside():
        given = released(world, [payout(), payout("30.00"), wage(names[0])])
        single = world.order("40.00")
        assert carry_out() == 2
        flying = given.transfers.filter(route="on_chain_withdrawal")
        assert [(one.status, one.priority) for one in flying] == [("CREATED", 1)] * 2
        assert single.priority == 0
        assert Hold.objects.get(reference=flying[0].hold_reference).transaction_id == flying[0].id
        assert broken_proofs() == []
        for one in flying:
            drive_until(one, "CONFIRMED")
    assert complete_due() == 1


def test_a_file_with_one_wrong_line_is_refused_whole_and_says_every_fault(world: World, names: list[str]) -> None:
    lines = [wage(names[0]), wage("nobody"), wage(names[1], "ten"), wage(names[2], "0.0000001"), {"amount": "1.00"}]
    before = Books.now()
    with pytest.raises(LinesRefused) as refused:
        order(world, lines)
    assert Books.now() == before
    assert (refused.value.code, BulkOrder.objects.count()) == ("invalid_lines", 0)
    assert set(refused.value.fields) == {"lines[2].destination", "lines[3].amount", "lines[4].amount"} | {
        f"lines[5].{name}" for name in ("source_currency", "destination")
    }


def test_without_the_money_for_all_of_it_nothing_is_ordered(world: World, names: list[str]) -> None:
    before = Books.now()
    with pytest.raises(Refused) as refused:
        order(world, [wage(name, "400000.00") for name in names])
    assert refused.value.code in ("insufficient_funds", "limit_exceeded")
    assert Books.now() == before


def test_cutting_a_sum_into_lines_escapes_no_band(world: World, names: list[str]) -> None:
    given = order(world, [wage(name, "900.00") for name in names])
    assert given.approval_request.quorum == 2


def test_a_rejected_file_gives_everything_back(world: World, names: list[str]) -> None:
    given = order(world, [wage(name) for name in names])
    vote(world, given, world.checker, "reject")
    given.refresh_from_db()
    assert (given.status, available()) == ("rejected", FUNDS)
    assert not LimitUse.objects.filter(given_back_at=None).exists()
    assert carry_out() == 0
    assert broken_proofs() == []


def test_it_can_be_cancelled_until_it_is_carried_out(world: World, names: list[str]) -> None:
    given = order(world, [wage(name) for name in names])
    assert cancel(given.id, "wrong month").status == "cancelled"
    assert cancel(given.id, "again").version == 2
    assert available() == FUNDS
    done = released(world, [wage(name) for name in names])
    carry_out()
    with pytest.raises(Conflict):
        cancel(done.id, "too late")


def test_what_waits_of_a_released_file_can_be_stopped(world: World, names: list[str]) -> None:
    given = released(world, [payout(), wage(names[0])])
    assert carry_out_next()
    stopped = cancel(given.id, "enough")
    assert stopped.status == "in_progress"
    assert sorted(given.parts.values_list("status", flat=True)) == ["done", "given_back"]
    assert carry_out() == 0


def test_the_same_order_again_is_flagged_to_whoever_approves(world: World, names: list[str]) -> None:
    first = order(world, [wage(name) for name in names])
    second = order(world, [wage(name) for name in names])
    said = registry_facts(second)
    assert f"Another file of this client orders exactly the same: {first.reference}" in said
    assert registry_facts(first).count("exactly the same") == 0


def test_an_upload_becomes_one_order(world: World, names: list[str]) -> None:
    sent = upload([wage(names[0])])
    made = [accept(sent, makers=(world.maker.id,), made_by="m", made_by_type="operator") for _ in range(2)]
    assert made[0].id == made[1].id
    assert BulkOrder.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE transfers_bulkpart SET content = replace(encode(content, 'escape'), '10000000', '90000000')::bytea",
        "UPDATE transfers_bulkupload SET content = content || ' '::bytea",
    ],
)
def test_a_byte_changed_by_sql_stops_the_file(world: World, names: list[str], change: str) -> None:
    released(world, [wage(names[0])])
    lie(change, about=("transfers_bulkpart", "transfers_bulkupload"))
    carry_out()
    part = BulkPart.objects.get()
    assert (part.status, posted(ACCOUNT)) == ("waiting", FUNDS)
    assert "approved" in part.last_error


def test_a_transfer_that_is_not_its_line_is_not_sent(world: World, names: list[str]) -> None:
    with tame_outside():
        given = released(world, [payout()])
        carry_out()
        transfer = given.transfers.get()
        lie("UPDATE transfers_transfer SET min_target_amount = 1", about=("transfers_transfer",))
        drive_until(transfer, "CREATED", passes=1)
        assert transfer.stopped_by.startswith("authority_broken")


def test_a_halt_puts_a_part_off_until_it_is_lifted(world: World, names: list[str]) -> None:
    released(world, [wage(names[0])])
    place_halt(scope="client", target="acme", reason="drill")
    carry_out()
    part = BulkPart.objects.get()
    assert (part.status, part.attempts) == ("waiting", 1)
    assert part.last_error


def test_the_database_lets_no_order_go_back_and_no_line_change(world: World, names: list[str]) -> None:
    given = released(world, [wage(names[0])])
    for statement in (
        "UPDATE transfers_bulkorder SET status = 'awaiting_approval', version = version + 1",
        "UPDATE transfers_bulkorder SET status = 'completed'",
        "UPDATE transfers_bulkpart SET content = ''",
        "UPDATE transfers_bulkupload SET content = ''",
        "DELETE FROM transfers_bulkpart",
    ):
        with pytest.raises(DatabaseError, match=r"cannot|never|history"), transaction.atomic():
            _sql(statement)
    given.refresh_from_db()
    assert given.status == "in_progress"


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def registry_facts(given: BulkOrder) -> str:
    request = given.approval_request
    facts = registry.get(request.action).describe(read(request.payload, request.digest))
    assert read(request.payload, request.digest)["schema"] == content.SCHEMA
    return " | ".join(f"{fact.label}: {fact.value}" for fact in facts)
