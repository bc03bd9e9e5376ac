"""Using up a payment's nonce without paying: only for what was signed, never to be undone."""

from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from tests.sandbox.chain import CHAIN_ID, Chain
from tests.transfers.signer.conftest import GWEI
from tests.transfers.signer.process import Signer
from transfers.rails.base import TerminalError
from transfers.rails.evm import EvmRail
from transfers.rails.signing import CancelIntent, SignerClient, SignIntent


def cancelling(intent: SignIntent, *, attempt: int = 2) -> CancelIntent:
    return CancelIntent(
        key=intent.key,
        attempt=attempt,
        wallet_address=intent.wallet_address,
        chain_id=intent.chain_id,
        max_fee_per_gas=(5 + attempt) * GWEI,
        max_priority_fee_per_gas=attempt * GWEI,
        gas_limit=21_000,
    )


def test_it_takes_the_payment_s_place_on_the_chain(
    chain: Chain, client: SignerClient, intent: SignIntent, wallets: dict[str, str]
) -> None:
    # A wallet of its own: the other tests sign what is never sent, which leaves gaps in the nonces.
    intent = replace(intent, wallet_address=wallets["canceller"])
    payment, cancel = client.sign_transfer(intent), client.sign_cancel(cancelling(intent))
    assert cancel.nonce == payment.nonce
    with closing(EvmRail(chain.url, CHAIN_ID, 1)) as rail:
        rail.broadcast(payment.raw)
        rail.broadcast(cancel.raw)
        chain.mine()
        state = rail.find(cancel.hash)
        assert (state.status, state.transfers) == ("mined", ())
        assert rail.find(payment.hash).status == "unknown"
        assert rail.balances(intent.recipient, intent.token_contract).token == 0


def test_the_same_cancellation_gives_the_same_bytes(client: SignerClient, intent: SignIntent, signer: Signer) -> None:
    client.sign_transfer(intent)
    first = client.sign_cancel(cancelling(intent))
    signer.kill()
    signer.start()
    assert client.sign_cancel(cancelling(intent)) == first


def test_a_cancelled_payment_is_never_signed_for_again(client: SignerClient, intent: SignIntent, signer: Signer) -> None:
    signed = client.sign_transfer(intent)
    client.sign_cancel(cancelling(intent))
    with pytest.raises(TerminalError) as refused:
        client.sign_transfer(replace(intent, attempt=3, max_fee_per_gas=20 * GWEI, max_priority_fee_per_gas=10 * GWEI))
    assert refused.value.code == "payment_cancelled"
    assert client.sign_transfer(intent) == signed
    with psycopg.connect(signer.owner_url) as owner, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        owner.execute(
            "INSERT INTO signer.signature (key, attempt, content_digest, max_fee_per_gas, max_priority_fee_per_gas, gas_limit,"
            " raw, tx_hash) VALUES (%s, 9, sha256('x'), 1, 1, 21000, 'x', 'x')",
            (intent.key,),
        )


def test_nothing_is_cancelled_that_was_never_signed(client: SignerClient, intent: SignIntent) -> None:
    with pytest.raises(TerminalError) as refused:
        client.sign_cancel(cancelling(intent))
    assert refused.value.code == "nothing_to_cancel"


def test_only_the_wallet_that_pays_cancels(client: SignerClient, intent: SignIntent, wallets: dict[str, str]) -> None:
    client.sign_transfer(intent)
    with pytest.raises(TerminalError) as refused:
        client.sign_cancel(replace(cancelling(intent), wallet_address=wallets["hot-2"]))
    assert refused.value.code == "key_reused"


def test_a_cancellation_outbids_what_it_replaces(client: SignerClient, intent: SignIntent) -> None:
    client.sign_transfer(intent)
    with pytest.raises(TerminalError) as refused:
        client.sign_cancel(replace(cancelling(intent), max_fee_per_gas=5 * GWEI))
    assert refused.value.code == "replacement_underpriced"
