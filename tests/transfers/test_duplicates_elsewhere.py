"""As test_duplicates, for what stays within our books, comes in, moves our own money or is told: said again, and in any order."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any, cast

import pytest
from django.db import transaction

from approvals.errors import ApprovalsError
from approvals.models import ApprovalRequest
from ledger.models import LedgerTransaction
from reconciliation.commands.closing import close_proved_transfers
from tests.transfers.api.conftest import Caller, key_for
from tests.transfers.bulk.payroll import staff, vote, wage
from tests.transfers.conversion.test_worked_examples import Desk
from tests.transfers.incoming import address_of, fake_chain
from tests.transfers.levels import set_levels, vote_on
from tests.transfers.own_money import COLD, HOT, add_wallets
from tests.transfers.tame import tame_outside
from tests.transfers.within import GLOBEX, OWN, broken_proofs, exchange
from tests.transfers.world import ACCOUNT, FUNDS, LONG_AGO, UNIT, World, acting, posted
from transfers import driver, tasks
from transfers.commands.bulk.completing import complete_due
from transfers.commands.deposits.watching import watch
from transfers.commands.rebalance import request_move
from transfers.errors import TransferError
from transfers.models import Arrival, BulkOrder, BulkPart, IdempotencyKey, Transfer
from transfers.rails import registry
from transfers.rails.registry import Rails

pytestmark = pytest.mark.django_db
REFUSED = (TransferError, ApprovalsError)
Deed = Callable[[], object]
SEEDS = range(3)


def shuffled(seed: int, deeds: list[Deed], *, again: int = 2) -> None:
    """Each deed so many times, in an order of its own; a refusal says that there is nothing to do, or nothing more."""
    every = deeds * again
    Random(seed).shuffle(every)
    for deed in (*every, *deeds, *deeds):
        with suppress(*REFUSED), transaction.atomic():
            deed()


def drive_all() -> None:
    Transfer.objects.filter(due_at__isnull=False).update(due_at=LONG_AGO)
    driver.run_due(20)


def booked() -> Counter[str]:
    return Counter(LedgerTransaction.objects.exclude(kind="opening_balance").values_list("kind", flat=True))


@pytest.fixture
def desk(world: World) -> Iterator[None]:
    exchange()
    before = registry.use(cast("Rails", Desk()))
    yield
    registry.use(before)


@pytest.mark.parametrize("seed", SEEDS)
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
    with pytest.MonkeyPatch.context() as patched:
        # The API's transaction is durable, and would refuse to be inside of the test's.
        patched.setattr(transaction.Atomic, "__enter__", _inside(transaction.Atomic.__enter__))
        shuffled(seed, deeds)
    assert sorted(Transfer.objects.values_list("status", flat=True)) == ["RECONCILED"] * 4
    assert BulkOrder.objects.get().status == "completed"
    assert IdempotencyKey.objects.count() == 3
    assert booked() == Counter({"internal_transfer": 3, "conversion": 1})
    fees = sum(int(one.fee_amount) for one in Transfer.objects.all())
    assert posted(ACCOUNT) == FUNDS - (10 + 900 + 20) * UNIT - fees
    assert broken_proofs() == []


def _inside(enter: Callable[[Any], None]) -> Callable[[Any], None]:
    def durable_or_not(block: Any) -> None:
        block.durable = False
        enter(block)

    return durable_or_not


@pytest.mark.parametrize("seed", SEEDS)
def test_deposits_on_chain(world: World, seed: int) -> None:
    with fake_chain() as chain:
        for number in range(3):
            chain.pay(address_of().value, (number + 1) * UNIT, tx=f"tx-{number}")
        shuffled(seed, [watch, tasks.watch_deposits, lambda: chain.mine(2), drive_all, tasks.drive_due, watch])
    assert sorted(Transfer.objects.values_list("status", flat=True)) == ["CONFIRMED"] * 3
    assert (Arrival.objects.count(), booked()) == (3, Counter({"deposit": 3}))
    assert posted(ACCOUNT) == FUNDS + 6 * UNIT
    assert broken_proofs() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_of_our_own_money(world: World, seed: int) -> None:
    add_wallets()
    set_levels(world, HOT, minimum=0, target=FUNDS - 5 * UNIT, maximum=FUNDS - 1)

    def ask() -> None:
        with acting(world.maker):
            request_move(key=f"{HOT}>{COLD}", maker=world.maker.id)

    def decide(person: Any) -> None:
        for request in ApprovalRequest.objects.filter(action="treasury.rebalance"):
            vote_on(request, person)

    with tame_outside():
        shuffled(seed, [ask, lambda: decide(world.checker), lambda: decide(world.second_checker), drive_all, tasks.drive_due])
    assert Transfer.objects.get().status == "CONFIRMED"
    assert booked() == Counter({"treasury_move": 1, "network_fee": 1})
    assert (posted(COLD), posted(HOT)) == (5 * UNIT, FUNDS - 5 * UNIT)
    assert broken_proofs() == []
