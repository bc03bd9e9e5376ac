"""Whoever dies, and wherever: the same final books, and one payment on the chain.

Each crash point is met by a driver that kills itself there with SIGKILL. Then the broker is flushed, so that no message remembers
anything, and another driver finishes the work.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backoffice.quickstart import programs
from tests.stack.clients import USDC, Client, books, flush_broker
from tests.stack.harness import RunningStack
from transfers.crashpoints import ALL

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

# What every off-ramp meets on a good day. Other routes, other processes and bad days are the campaign's (test_campaign.py).
STEPS = ("drive", "quote", "lock", "send", "confirm", "pay_out", "settle")
ON_THE_WAY = [name for name in ALL if name.partition(".")[0] in STEPS]


@pytest.fixture(scope="module")
def alone(stack: RunningStack) -> Iterator[RunningStack]:
    """The stack without anybody who works: what happens is what the test lets happen."""
    with stack.without("worker", "beat", "sweeper"):
        yield stack


def _worker_environment(stack: RunningStack, **extra: str) -> dict[str, str]:
    return programs.inherited(stack.environ) | stack._program("worker").environment | extra


def _command(stack: RunningStack, *arguments: str, **extra: str) -> subprocess.Popen[bytes]:
    with (stack.data_dir / "logs" / "test-driver.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=programs.root(),
            env=_worker_environment(stack, **extra),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _finish(stack: RunningStack, acme: Client, transfer_id: str) -> None:
    """Drive to the end with a healthy driver, then reconcile until the evidence is in."""
    driver = _command(stack, "drive", "--loop", "--idle", "0.2")
    try:
        acme.wait_for(transfer_id, "FIAT_SETTLED", 60)
    finally:
        driver.terminate()
        driver.wait(20)

    def reconciled() -> bool:
        assert _command(stack, "reconcile").wait(60) == 0
        return bool(acme.get(transfer_id)["status"] == "RECONCILED")

    stack.wait_until(reconciled, f"{transfer_id} to be RECONCILED", 60)


@pytest.mark.parametrize("point", ON_THE_WAY)
def test_a_driver_killed_at_any_step_leaves_one_payment_and_the_same_books(alone: RunningStack, point: str) -> None:
    # Nobody else fetches them here, and without a fresh one no price is believed.
    assert _command(alone, "sweep", "--once", "--job", "rates").wait(60) == 0
    acme = Client(alone)
    transfer_id = acme.withdraw("321.00", to_bank=True)["transaction_id"]
    doomed = _command(alone, "drive", "--loop", "--idle", "0.2", COUNTERSIGN_CRASH=point)
    try:
        assert doomed.wait(60) == -signal.SIGKILL, f"{point} was not met"
    finally:
        doomed.kill()
    flush_broker(alone)
    _finish(alone, acme, transfer_id)

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
