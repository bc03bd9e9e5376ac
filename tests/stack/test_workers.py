"""Workers, broker and beat may die as they like: somebody finishes the work, once."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.stack.clients import USDC, Client, books, flush_broker, paid_on_chain
from tests.stack.harness import RunningStack
from tests.transfers.outbox.receivers import Receiver, receiver

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
# The goal: stranded work is taken over within a minute, without a person.
RECOVERY_S = 60.0
# What DRIVER_LEASE is unless somebody sets it; the stack of the tests has a shorter one.
LEASE_S = 30
# Between the intent and the signature: the point of no return is behind it, and nothing is sent.
POINT = "send.after_intent"


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


def test_the_sweeper_alone_finishes_what_nobody_else_does_and_tells_the_client(stack: RunningStack) -> None:
    """Broker, workers and beat are away: payment, proof, messages and receipt all come, only later."""
    acme = Client(stack)
    with receiver() as server, stack.without("worker", "beat", "valkey"):
        status, body = acme.post("/v1/webhooks", {"url": server.url, "events": ["*"]}, "")
        assert status == 201, body
        transfer_id = acme.withdraw("77.00")["transaction_id"]
        acme.wait_for(transfer_id, "RECONCILED", 120)
        stack.wait_until(lambda: "transfer.reconciled" in _told(server, transfer_id), "the last message")
        stack.wait_until(lambda: _receipts(stack, transfer_id) == 1, "the receipt")
        assert acme.delete(f"/v1/webhooks/{body['id']}") == 204
    told = [message.headers["webhook-id"] for message in server.messages]
    assert len(told) == len(set(told))
    assert _told(server, transfer_id)[0] == "transfer.created"


def _told(server: Receiver, transfer_id: str) -> list[str]:
    bodies = [json.loads(message.body) for message in server.messages]
    return [str(body["type"]) for body in bodies if transfer_id in json.dumps(body)]


def _receipts(stack: RunningStack, transfer_id: str) -> int:
    return int(stack.query("SELECT count(*) FROM transfers_receipt WHERE transfer_id = %s", [transfer_id])[0][0])


def test_work_in_the_hands_of_a_killed_worker_goes_on_within_a_minute_of_its_death(stack: RunningStack, tmp_path: Path) -> None:
    """It dies in the middle of a step, its lease fresh and as long as in production; the broker forgets the rest and stays away."""
    acme, struck = Client(stack), tmp_path / "points"
    armed = {"COUNTERSIGN_CRASH": f"{POINT}=stop", "COUNTERSIGN_CRASH_LOG": str(struck), "DRIVER_LEASE": str(LEASE_S)}
    with stack.without("worker", "beat"):
        with stack.without("sweeper"), stack.worker(**armed) as doomed:
            held = acme.withdraw("500.00")["transaction_id"]
            stack.wait_until(lambda: struck.exists() and f"{POINT}!" in struck.read_text(), f"the worker to stop at {POINT}")
            waiting = acme.withdraw("501.00", to_bank=True)["transaction_id"]
            assert _in_hand(stack, held) == ("FUNDS_LOCKED", True, doomed.pid)
            assert acme.get(waiting)["status"] == "CREATED"
            os.killpg(doomed.pid, signal.SIGKILL)
            died = time.monotonic()
            assert _in_hand(stack, held)[:2] == ("FUNDS_LOCKED", True)
        with stack.without("valkey"):
            for one in (held, waiting):
                stack.wait_until(lambda one=one: _moved_on(acme, one), "the sweeper to take over", RECOVERY_S)  # type: ignore[misc]
            assert time.monotonic() - died <= RECOVERY_S
            for one in (held, waiting):
                acme.wait_for(one, "RECONCILED", 120)
                assert paid_on_chain(stack, one) == 1


def _in_hand(stack: RunningStack, transfer_id: str) -> tuple[str, bool, int]:
    """Status, whether somebody holds it now, and the process group of whoever took it last (0 for a process that is gone)."""
    asked = "SELECT status, lease_until > clock_timestamp(), lease_owner FROM transfers_transfer WHERE id = %s"
    ((status, is_held, owner),) = stack.query(asked, [transfer_id])
    try:
        group = os.getpgid(int(owner.rpartition(":")[2]))
    except ProcessLookupError:
        group = 0
    return status, bool(is_held), group


def _moved_on(acme: Client, transfer_id: str) -> bool:
    return bool(acme.get(transfer_id)["status"] not in ("CREATED", "QUOTED", "FUNDS_LOCKED"))


def test_a_flushed_broker_loses_nothing_that_was_only_a_message(stack: RunningStack) -> None:
    acme = Client(stack)
    with stack.without("worker", "sweeper"):
        made = [acme.withdraw(f"{510 + number}.00")["transaction_id"] for number in range(3)]
        flush_broker(stack)
    for transfer_id in made:
        acme.wait_for(transfer_id, "RECONCILED", 120)
        assert paid_on_chain(stack, transfer_id) == 1
