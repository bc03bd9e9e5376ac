"""As test_orders, for what stays within our books, comes in on chain, and moves our own money: said again, and in any order."""

from collections import Counter
from collections.abc import Iterator
from datetime import time
from typing import Any, cast

import pytest
from django.db import transaction

from reconciliation.commands.closing import close_proved_transfers
from tests.transfers.api.conftest import Caller, key_for
from tests.transfers.bulk.payroll import staff, vote, wage
from tests.transfers.conversion.test_worked_examples import Desk
from tests.transfers.duplicates.shuffling import (
    SEEDS,
    Deed,
    booked,
    covers,
    drive_all,
    everybody_votes,
    nothing_is_broken,
    shuffled,
    the_api_inside,
)
from tests.transfers.incoming import address_of, fake_chain
from tests.transfers.levels import ask_levels, set_levels
from tests.transfers.own_money import COLD, HOT, add_wallets
from tests.transfers.tame import tame_outside
from tests.transfers.within import GLOBEX, OWN, exchange
from tests.transfers.world import ACCOUNT, FUNDS, LONG_AGO, UNIT, World, acting, available, posted
from transfers import tasks
from transfers.api.views.bulk import BulkCancel, BulkTransfers
from transfers.api.views.transfers import Transfers
from transfers.bulk import json_lines
from transfers.calendars import Calendar
from transfers.commands.bulk import ending
from transfers.commands.bulk.accept import accept
from transfers.commands.bulk.carry_out import carry_out_due
from transfers.commands.bulk.completing import complete_due
from transfers.commands.bulk.receiving import receive, submit
from transfers.commands.calendar_changes import request_calendar
from transfers.commands.calendars import set_calendar
from transfers.commands.create import create_at_once
from transfers.commands.deposits.watching import rescan, watch
from transfers.commands.levels import request_levels
from transfers.commands.rebalance import request_move
from transfers.commands.reconcile import reconcile_by_ledger
from transfers.models import Arrival, BankCalendar, BulkOrder, BulkPart, BulkUpload, IdempotencyKey, LiquidityLevel, Transfer
from transfers.rails import registry
from transfers.rails.registry import Rails

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(world: World) -> Iterator[None]:
    exchange()
    before = registry.use(cast("Rails", Desk()))
    yield
    registry.use(before)


@pytest.mark.parametrize("seed", SEEDS)
@covers(
    Transfers.post,
    BulkTransfers.post,
    carry_out_due,
    complete_due,
    create_at_once,
    reconcile_by_ledger,
    tasks.carry_out_bulk,
    tasks.drive_due,
)
def test_payments_conversions_and_files_within_our_books(world: World, desk: None, seed: int) -> None:
    names = staff(2)
    api = Caller(key_for(world))

    def order(key: str, **body: Any) -> None:
        with transaction.atomic():
            assert api.create(key=key, **body).status_code == 201

    def upload() -> None:
        lines = [wage(name, reference=name) for name in names]
        answer = api.send("POST", "/v1/bulk_transfers", {"lines": lines, "reference": "May"}, Idempotency_Key="file")
        assert answer.status_code == 201, answer.content

    def decide() -> None:
        for given in BulkOrder.objects.all():
            vote(world, given, world.checker)

    def carry_out() -> None:
        BulkPart.objects.filter(due_at__isnull=False).update(due_at=LONG_AGO)
        tasks.carry_out_bulk()

    deeds: list[Deed] = [
        lambda: order("within", amount="10.00", destination=GLOBEX),
        lambda: order("convert", amount="900.00", target_currency="USD", destination=OWN),
        upload,
        decide,
        carry_out,
        complete_due,
        drive_all,
        tasks.drive_due,
        close_proved_transfers,
    ]
    with the_api_inside():
        shuffled(seed, deeds)
    assert sorted(Transfer.objects.values_list("status", flat=True)) == ["RECONCILED"] * 4
    assert BulkOrder.objects.get().status == "completed"
    assert IdempotencyKey.objects.count() == 3
    assert booked() == Counter({"internal_transfer": 3, "conversion": 1})
    fees = sum(int(one.fee_amount) for one in Transfer.objects.all())
    assert posted(ACCOUNT) == FUNDS - (10 + 900 + 20) * UNIT - fees
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(receive, submit, accept, ending.cancel, BulkCancel.post)
def test_a_file_that_is_looked_at_submitted_and_stopped(world: World, seed: int) -> None:
    staff(1)
    api = Caller(key_for(world))
    content = json_lines.stored([wage("staff-1")])

    def upload() -> None:
        receive(
            client_id="acme", content=content, name="may.json", reference="May", uploaded_by="maker", uploaded_by_type="operator"
        )

    def order() -> None:
        for kept in BulkUpload.objects.order_by("uploaded_at")[:1]:
            with acting(world.maker):
                submit(kept, makers=(world.maker.id,))

    def stop() -> None:
        for given in BulkOrder.objects.all():
            assert api.send("POST", f"/v1/bulk_transfers/{given.pk}/cancel").status_code == 200

    with the_api_inside():
        shuffled(seed, [upload, order, stop, tasks.carry_out_bulk])
    assert [given.status for given in BulkOrder.objects.all()] == ["cancelled"]
    assert (booked(), posted(ACCOUNT), available()) == (Counter(), FUNDS, FUNDS)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(watch, rescan, tasks.watch_deposits)
def test_deposits_on_chain(world: World, seed: int) -> None:
    with fake_chain() as chain:
        for number in range(3):
            chain.pay(address_of().value, (number + 1) * UNIT, tx=f"tx-{number}")
        shuffled(
            seed, [watch, tasks.watch_deposits, lambda: rescan("ethereum", 0), lambda: chain.mine(2), drive_all, tasks.drive_due]
        )
    assert sorted(Transfer.objects.values_list("status", flat=True)) == ["CONFIRMED"] * 3
    assert (Arrival.objects.count(), booked()) == (3, Counter({"deposit": 3}))
    assert posted(ACCOUNT) == FUNDS + 6 * UNIT
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(request_move)
def test_moves_of_our_own_money(world: World, seed: int) -> None:
    add_wallets()
    set_levels(world, HOT, minimum=0, target=FUNDS - 5 * UNIT, maximum=FUNDS - 1)

    def ask() -> None:
        with acting(world.maker):
            request_move(key=f"{HOT}>{COLD}", maker=world.maker.id)

    votes = everybody_votes("treasury.rebalance", world.checker, world.second_checker)
    with tame_outside() as tame:
        shuffled(seed, [ask, *votes, drive_all, tasks.drive_due])
    assert list(tame.handed_over().values()) == [1]
    assert Transfer.objects.get().status == "CONFIRMED"
    assert booked() == Counter({"treasury_move": 1, "network_fee": 1})
    assert (posted(COLD), posted(HOT)) == (5 * UNIT, FUNDS - 5 * UNIT)
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(request_levels)
def test_levels_of_liquidity(world: World, seed: int) -> None:
    def ask() -> None:
        ask_levels(world, HOT, minimum=UNIT, target=2 * UNIT, maximum=FUNDS)

    shuffled(seed, [ask, *everybody_votes("treasury.thresholds", world.checker, world.second_checker)])
    assert [int(level.target) for level in LiquidityLevel.objects.filter(account_code=HOT)] == [2 * UNIT]


@pytest.mark.parametrize("seed", SEEDS)
@covers(request_calendar)
def test_a_calendar_of_a_bank(world: World, seed: int) -> None:
    set_calendar(Calendar(code="bank", title="A bank", zone="UTC", cut_off=time(17)), valid_from=LONG_AGO)
    given: dict[str, Any] = {"cut_off": time(16), "also_closed": ["12-24"], "also_open": [], "from_day": None, "reason": "asked"}

    def ask() -> None:
        with acting(world.maker):
            request_calendar(code="bank", maker=world.maker.id, **given)

    shuffled(seed, [ask, *everybody_votes("config.change", world.checker, world.second_checker)])
    assert [row.cut_off for row in BankCalendar.objects.order_by("valid_from")] == [time(17), time(16)]
