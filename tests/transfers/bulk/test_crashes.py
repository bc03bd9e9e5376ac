"""A worker that dies anywhere in a part leaves it done or not begun; the next one finishes it, and two of them do nothing twice."""

from typing import Any

import pytest

from ledger.queries import balance
from tests.databases import committed_copy
from tests.ledger.crowd import at_once
from tests.transfers.bulk.payroll import carry_out, payout, released, staff, wage
from tests.transfers.within import FEE, broken_proofs
from tests.transfers.world import FUNDS, LONG_AGO, UNIT, Books, World, available, build
from transfers.bulk import content
from transfers.commands.bulk import carry_out as carrying
from transfers.models import BulkPart, Transfer

COST = 10 * UNIT + FEE


class Died(BaseException):
    """No handler of ours catches it, as none catches a kill."""


@pytest.mark.parametrize("point", ["bulk.after_claim", "bulk.after_creating", "bulk.after_posting", "bulk.before_commit"])
def test_a_part_that_died_is_done_by_the_next_worker(world: World, monkeypatch: Any, point: str) -> None:
    names = staff(2)
    lines = [payout("10.00")] if point == "bulk.after_creating" else [wage(name) for name in names]
    given = released(world, lines)
    before = Books.now()

    def die(name: str) -> None:
        if name == point:
            raise Died(name)

    with monkeypatch.context() as patched:
        patched.setattr(carrying, "crashpoint", die)
        with pytest.raises(Died):
            carry_out()
    assert Books.now() == before
    assert BulkPart.objects.get().status == "waiting"
    assert carry_out() == 1
    assert carry_out() == 0
    assert given.transfers.count() == len(lines)
    assert broken_proofs() == []


def test_two_workers_go_through_one_file_and_do_no_part_twice(
    django_db_setup: None, django_db_blocker: Any, bound: None, monkeypatch: Any
) -> None:
    monkeypatch.setattr(content, "BOOKED_TOGETHER", 3)
    with django_db_blocker.unblock(), committed_copy():
        world = build()
        names = staff(4)
        given = released(world, [wage(names[number % 4]) for number in range(24)])
        BulkPart.objects.update(due_at=LONG_AGO)
        done = at_once([lambda: carrying.carry_out_due(20)] * 2)
        assert sum(one for one in done if isinstance(one, int)) == given.parts.count() == 8
        assert set(given.parts.values_list("status", flat=True)) == {"done"}
        assert Transfer.objects.filter(bulk=given, status="CONFIRMED").count() == 24
        assert [balance(f"client:{name}:USDC.ethereum").posted for name in names] == [60 * UNIT] * 4
        assert available() == FUNDS - 24 * COST
        assert broken_proofs() == []
