"""A conversion paid out by the bank, on the running sandbox; and what a rejection gives back."""

import time

import pytest

from ledger.queries import trial_balance
from tests.transfers.stack import Stack
from tests.transfers.world import ACCOUNT, CLABE, FUNDS, UNIT, World, available, drive_until, history, posted
from transfers.models import BankAccount, ChainTransaction, ExternalReference, ProviderCall, ProviderExchange, Transfer

pytestmark = pytest.mark.stack
FEE = UNIT


def a_moment(rails: Stack) -> None:
    rails.mine()
    time.sleep(0.1)


def test_it_converts_pays_out_and_settles(live: World, rails: Stack) -> None:
    transfer = live.off_ramp("100.00")
    assert transfer.min_target_amount > 0

    drive_until(transfer, "FIAT_SETTLED", between=lambda: a_moment(rails))

    assert transfer.target_amount is not None
    assert transfer.target_amount >= transfer.min_target_amount
    assert posted(ACCOUNT) == available() == FUNDS - 100 * UNIT - FEE
    assert posted("wallet:settlement-1:USDC.ethereum") == 100 * UNIT
    assert posted("wallet:hot-1:USDC.ethereum") == FUNDS - 100 * UNIT
    assert posted("position:USDC.ethereum/MXN:USDC.ethereum") == 100 * UNIT
    assert posted("position:USDC.ethereum/MXN:MXN") == -transfer.target_amount
    assert posted("payable:payouts:MXN") == 0
    assert posted("nostro:nordbank-mxn:MXN") == 10**11 - transfer.target_amount
    assert all(row.debits == row.credits for row in trial_balance())
    kinds = set(ExternalReference.objects.filter(transfer=transfer).values_list("kind", flat=True))
    assert kinds == {"tx_hash", "end_to_end_id", "message_id", "uetr", "bank_reference"}
    told = [kind for kind, *_ in history(transfer.id)]
    assert told[-4:] == ["confirmed", "payout_ordered", "payout_accepted", "fiat_settled"]
    _everything_said_is_on_record(transfer, rails)


def _everything_said_is_on_record(transfer: Transfer, stack: Stack) -> None:
    said = {one.operation: one for one in ProviderExchange.objects.filter(transfer=transfer)}
    pay = said["POST /payments"]
    leg = transfer.legs.get(rail="bank")
    assert (pay.provider, pay.call_key, pay.status, pay.error) == ("bank", f"{leg.reference}/pay", 200, "")
    assert f"<EndToEndId>{leg.reference}</EndToEndId>" in pay.request
    assert "CstmrPmtStsRpt" in pay.response
    assert f"<Id>{'*' * 14}{CLABE[-4:]}</Id>" in pay.request
    sent = said["eth_sendRawTransaction"]
    assert sent.call_key.endswith("/broadcast/1")
    names = transfer.external_references.values_list("kind", "value")
    assert dict(names)["tx_hash"] in sent.request
    assert said["POST /v1/sign-transfer"].call_key.endswith("/sign/1")
    texts = "".join(one.request + one.response for one in ProviderExchange.objects.all())
    for secret in (stack.rails.bank_token, stack.rails.signer_token, CLABE, ChainTransaction.objects.get().raw.hex()):
        assert secret not in texts


def test_a_rejection_gives_principal_and_fee_back_in_one_go(live: World, rails: Stack) -> None:
    # The bank keeps this account in another currency, so it rejects the order (AM03).
    BankAccount.objects.update(iban="SE5490000000000000000003")
    transfer = live.off_ramp("100.00")

    drive_until(transfer, "FAILED", between=lambda: a_moment(rails))

    assert transfer.failure_code == "bank_rejected"
    assert transfer.money_state == "reversed"
    assert posted(ACCOUNT) == available() == FUNDS
    assert posted("fees:withdrawal:USDC.ethereum") == 0
    assert posted("payable:payouts:MXN") == 0
    assert posted("wallet:settlement-1:USDC.ethereum") == 100 * UNIT
    assert all(row.debits == row.credits for row in trial_balance())
    assert ProviderCall.objects.get(transfer=transfer, operation="pay").outcome == "refused"
