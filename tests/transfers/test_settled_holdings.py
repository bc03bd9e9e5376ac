"""What can no longer change on deposit addresses is kept as a sum; what is found by it is what every row together says."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit import context, coverage
from audit.context import Actor
from tests.transfers.planner import as_over_a_long_past
from tests.transfers.sweeps import SWEPT, paid_in, proved, swept, there
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import UNIT, World, drive_until
from transfers.commands.reconcile import mark_reconciled
from transfers.commands.sweeping.balances import OnAddress, on_addresses
from transfers.commands.sweeping.standing import MANY, settle
from transfers.models import Arrival, DepositSweep, SettledHolding


@pytest.fixture(autouse=True)
def house(world: World, settings: Any) -> World:
    settings.DEPOSIT_SWEEPS = SWEPT
    return world


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def _found() -> list[OnAddress]:
    """What the look through all finds; each as every row of its address says."""
    found = on_addresses(limit=20)
    assert found == [there(one.address_id) for one in found]
    return found


def _sums() -> list[tuple[int, int]]:
    return [(int(proved), int(gone)) for proved, gone in SettledHolding.objects.values_list("proved", "gone")]


def test_the_look_through_all_says_the_same_before_and_after_it_is_added_up(tame: Tame) -> None:
    proved(60 * UNIT, tx="one")
    paid_in(900_000, tx="dust")
    before = _found()
    assert (settle(), _sums()) == (1, [(60 * UNIT, 0)])
    assert _found() == before
    assert (settle(), _sums()) == (0, [(60 * UNIT, 0)])
    assert Arrival.objects.filter(is_settled=True).count() == 1


def test_a_sweep_is_added_when_it_has_ended(tame: Tame) -> None:
    proved(250 * UNIT, tx="one")
    begun = drive_until(swept(), "CONFIRMED")
    settle()
    assert (_sums(), _found()[0].ledger, _found()[0].ready) == ([(250 * UNIT, 0)], 0, 0)
    with context.bind(Actor.system("test")):
        mark_reconciled(transfer_id=begun.id, evidence={"receipt": "the index"})
    before = _found()
    settle()
    assert (_sums(), DepositSweep.objects.get().is_settled, _found()) == ([(250 * UNIT, 250 * UNIT)], True, before)
    proved(300 * UNIT, tx="two")
    assert (_found()[0].ready, swept().source_amount) == (300 * UNIT, 300 * UNIT)
    assert list(coverage.findings()) == []


def test_one_that_failed_took_nothing(tame: Tame) -> None:
    proved(250 * UNIT)
    tame.reverts = True
    drive_until(swept(), "FAILED")
    settle()
    assert (_sums(), _found()[0].ready) == ([(250 * UNIT, 0)], 250 * UNIT)


def test_an_arrival_that_is_added_up_never_changes_again(tame: Tame) -> None:
    proved(250 * UNIT)
    settle()
    with pytest.raises(IntegrityError, match="never changes again"), transaction.atomic():
        Arrival.objects.update(status=Arrival.Status.GONE)
    assert (Arrival.objects.get().status, _sums()) == ("credited", [(250 * UNIT, 0)])


def test_a_long_past_is_not_read_to_find_what_may_be_swept(tame: Tame) -> None:
    proved(250 * UNIT)
    settle()
    as_over_a_long_past()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + MANY, {"limit": 20})
        plan = "\n".join(row for (row,) in cursor.fetchall())
    assert plan.count("transfers_holding_to_sweep") == 1
    assert plan.count("on transfers_arrival ") == plan.count("using transfers_arrival_not_settled") == 1
    assert plan.count("using transfers_sweep_begun") == 1
