"""Whoever dies, and wherever: the same final books, and one payment on the chain.

Each of the points after which the outside knows more than we do, or less, is met by a driver that kills itself there with SIGKILL.
Then the broker is flushed, so that no message remembers anything, and another driver finishes the work. All other points, routes,
processes and bad days are the campaign's (test_campaign.py).
"""

import os
import signal
from collections.abc import Iterator

import pytest

from backoffice.campaign.shots import IMPORTANT
from backoffice.quickstart import programs
from tests.stack.clients import USDC, Client, books, flush_broker
from tests.stack.forks import Forks, forks
from tests.stack.harness import RunningStack
from transfers.crashpoints import ALL

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

# In the order in which an off-ramp meets them.
ON_THE_WAY = [name for name in ALL if name in IMPORTANT]


@pytest.fixture(scope="module")
def alone(stack: RunningStack) -> Iterator[RunningStack]:
    """The stack without anybody who works: what happens is what the test lets happen."""
    with stack.without("worker", "beat", "sweeper"):
        yield stack


@pytest.fixture(scope="module")
def workers(alone: RunningStack) -> Iterator[Forks]:
    """Processes with what a worker has in its environment."""
    environment = programs.inherited(alone.environ) | alone._program("worker").environment
    with forks(environment, alone.data_dir / "logs" / "test-driver.log") as made:
        yield made


def _drive(workers: Forks, **environment: str) -> int:
    return workers.start("drive", "--loop", "--idle", "0.2", **environment)


def _finish(alone: RunningStack, workers: Forks, acme: Client, ordered: list[str]) -> None:
    """Drive to the end with a healthy driver, then reconcile until the evidence is in."""
    driver = _drive(workers)
    try:
        for transfer_id in ordered:
            acme.wait_for(transfer_id, "FIAT_SETTLED", 60)
    finally:
        os.kill(driver, signal.SIGTERM)
        workers.wait(driver, 20)

    def reconciled() -> bool:
        assert workers.run("reconcile") == 0
        return all(acme.get(transfer_id)["status"] == "RECONCILED" for transfer_id in ordered)

    alone.wait_until(reconciled, f"{len(ordered)} transfers to be RECONCILED", 60)


def _die_at(alone: RunningStack, workers: Forks, acme: Client, point: str) -> str:
    """One more order, and a driver that dies at `point` over it or over one that another driver died over; the order's id."""
    # Nobody else fetches them here, and without a fresh one no price is believed.
    assert workers.run("sweep", "--once", "--job", "rates") == 0
    transfer_id = str(acme.withdraw("321.00", to_bank=True)["transaction_id"])
    doomed = _drive(workers, COUNTERSIGN_CRASH=point)
    ended = workers.wait(doomed)
    if ended is None:
        os.kill(doomed, signal.SIGKILL)
        workers.wait(doomed)
    assert ended == -signal.SIGKILL, f"{point} was not met"
    flush_broker(alone)
    return transfer_id


def test_drivers_killed_where_it_matters_leave_one_payment_each_and_the_same_books(alone: RunningStack, workers: Forks) -> None:
    acme = Client(alone)
    ordered = [_die_at(alone, workers, acme, point) for point in ON_THE_WAY]
    _finish(alone, workers, acme, ordered)

    for transfer_id in ordered:
        found = books(alone, transfer_id)
        assert found.postings == {"conversion": 1, "wallet_movement": 1, "network_fee": 1, "payout": 1}
        assert found.moved["wallet:hot-1:USDC.ethereum"] == -321 * USDC
        assert found.moved["payable:payouts:MXN"] == 0
        assert found.on_hold == 0
        (signed,) = alone.query(
            "SELECT count(*) FROM transfers_chaintransaction JOIN transfers_leg leg ON leg.id = leg_id WHERE transfer_id = %s",
            [transfer_id],
        )
        assert signed == (1,)
