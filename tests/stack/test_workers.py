"""Workers, broker and beat may die as they like: somebody finishes the work, once."""

import pytest

from tests.stack.clients import USDC, Client, books, flush_broker, paid_on_chain
from tests.stack.harness import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def test_a_celery_worker_killed_again_and_again_with_the_broker_flushed_loses_and_doubles_nothing(stack: RunningStack) -> None:
    acme = Client(stack)
    made = [acme.withdraw(f"{400 + number}.00", to_bank=number % 2 == 0)["transaction_id"] for number in range(6)]
    for _ in range(4):
        stack.wait_until(lambda: stack.runs("worker") and stack.kill_tree("worker"), "a worker to kill")
        flush_broker(stack)
    for number, transfer_id in enumerate(made):
        acme.wait_for(transfer_id, "RECONCILED", 120)
        assert paid_on_chain(stack, transfer_id) == 1
        assert books(stack, transfer_id).moved["wallet:hot-1:USDC.ethereum"] == -(400 + number) * USDC
    proved = stack.manage("verify_ledger", "--full", check=False)
    assert proved.returncode == 0, proved.stdout


def test_the_sweeper_alone_finishes_what_nobody_else_does(stack: RunningStack) -> None:
    acme = Client(stack)
    with stack.without("worker", "beat", "valkey"):
        transfer_id = acme.withdraw("77.00")["transaction_id"]
        acme.wait_for(transfer_id, "RECONCILED", 120)
