"""A withdrawal on the running sandbox: real signer, real chain, real ledger."""

import pytest

from ledger.models import LedgerTransaction
from tests.transfers.stack import Stack
from tests.transfers.world import ACCOUNT, FUNDS, PAYEE, UNIT, World, available, drive_until, history, posted
from transfers.models import ChainTransaction, ExternalReference, ProviderCall, WalletReservation

pytestmark = pytest.mark.stack


def test_small_one_runs_by_itself_to_confirmed(live: World, rails: Stack) -> None:
    before = rails.token_balance(PAYEE)
    transfer = live.order("100.00")
    assert available() == FUNDS - 100 * UNIT - UNIT // 2

    drive_until(transfer, "CONFIRMED", between=rails.mine)

    assert rails.token_balance(PAYEE) == before + 100 * UNIT
    assert available() == FUNDS - 100 * UNIT - UNIT // 2
    assert posted(ACCOUNT) == FUNDS - 100 * UNIT - UNIT // 2
    assert posted("wallet:hot-1:USDC.ethereum") == FUNDS - 100 * UNIT
    assert posted("fees:withdrawal:USDC.ethereum") == UNIT // 2
    sent = ChainTransaction.objects.get(leg__transfer=transfer)
    assert sent.status == "confirmed"
    assert sent.gas_cost
    assert posted("expense:network-fee:ETH.ethereum") == sent.gas_cost
    assert transfer.money_state == "posted"
    assert history(transfer.id) == [
        ("created", "", "CREATED"),
        ("quoted", "CREATED", "QUOTED"),
        ("funds_locked", "QUOTED", "FUNDS_LOCKED"),
        ("sending", "FUNDS_LOCKED", "FUNDS_LOCKED"),
        ("sent_on_chain", "FUNDS_LOCKED", "SENT_ON_CHAIN"),
        ("confirmed", "SENT_ON_CHAIN", "CONFIRMED"),
    ]
    assert WalletReservation.objects.get(leg__transfer=transfer).ended_at is not None
    assert ExternalReference.objects.get(transfer=transfer, kind="tx_hash").value == sent.hash
    assert LedgerTransaction.objects.filter(transaction_id=transfer.id).count() == 2


def test_every_call_is_on_record_with_its_answer(live: World, rails: Stack) -> None:
    transfer = live.order("100.00")
    drive_until(transfer, "CONFIRMED", between=rails.mine)
    calls = ProviderCall.objects.filter(transfer=transfer)
    assert not calls.filter(outcome="intent").exists()
    assert {call.operation for call in calls} == {"sign", "broadcast", "find"}


def test_large_one_waits_for_two_approvals_and_then_goes(live: World, rails: Stack) -> None:
    transfer = live.order("5000.00")
    assert transfer.due_at == transfer.not_after
    live.approve(transfer)
    drive_until(transfer, "CONFIRMED", between=rails.mine)
    assert transfer.approval_request is not None
    transfer.approval_request.refresh_from_db()
    assert transfer.approval_request.executed_at is not None
