"""EvmRail against the sandbox chain: a transfer from its estimate to its indexed log."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from eth_account import Account

from tests.sandbox.chain import CHAIN_ID, Chain, signed_transfer
from transfers.rails.base import Exchange, NotOffered, Rail, RetryableError, TerminalError, UnknownOutcome
from transfers.rails.evm import ChainState, EvmOrder, EvmRail, FeeEstimate, TokenTransfer, TransferCall
from transfers.rails.evm.client import JsonRpcClient

UNHEARD_OF = "0x" + "ab" * 32


@pytest.fixture
def rail(chain: Chain) -> Iterator[EvmRail]:
    with closing(JsonRpcClient(chain.url)) as client:
        yield EvmRail(chain.url, CHAIN_ID, 3, client=client)


def test_it_is_a_rail(rail: EvmRail) -> None:
    verbs: Rail[EvmOrder, FeeEstimate, ChainState] = rail
    with pytest.raises(NotOffered, match="reserved on the wallet's row"):
        verbs.reserve(EvmOrder(TransferCall("", "", "", 1)))
    with pytest.raises(NotOffered, match="replace them under the same nonce"):
        verbs.cancel(UNHEARD_OF)


def test_a_transfer_is_pending_then_mined_then_deep(chain: Chain, rail: EvmRail) -> None:
    alice, bob, token = chain.new_wallet(token=1_000), Account.create().address, chain.token
    raw, tx_hash = signed_transfer(alice, token, bob, 250, nonce=0)
    assert rail.find(tx_hash) == ChainState("unknown")
    assert rail.broadcast(bytes.fromhex(raw[2:])) == tx_hash
    assert rail.find(tx_hash) == ChainState("pending")
    number = chain.mine()
    state = rail.find(tx_hash)
    assert (state.status, state.block_number, state.confirmations) == ("mined", number, 1)
    assert state.block_hash == rail.block(number).hash
    assert state.transfers == (TokenTransfer(token, alice.address, bob, 250, 0),)
    assert state.gas_cost == 10**18 - rail.balances(alice.address, token).native
    chain.mine(2)
    assert rail.find(tx_hash).confirmations == rail.confirmations
    assert rail.balances(bob, token).token == 250


def test_sending_the_same_bytes_again_succeeds_before_and_after_they_are_mined(chain: Chain, rail: EvmRail) -> None:
    alice = chain.new_wallet(token=10)
    raw, tx_hash = signed_transfer(alice, chain.token, Account.create().address, 1, nonce=0)
    assert rail.broadcast(bytes.fromhex(raw[2:])) == tx_hash
    assert rail.broadcast(bytes.fromhex(raw[2:])) == tx_hash
    chain.mine()
    assert rail.broadcast(bytes.fromhex(raw[2:])) == tx_hash
    assert rail.submit(EvmOrder(TransferCall("", "", "", 1), bytes.fromhex(raw[2:]))) == ChainState("pending")
    assert rail.status(tx_hash).status == "mined"


def test_another_transaction_under_a_used_nonce_is_an_unknown_outcome(chain: Chain, rail: EvmRail) -> None:
    """No proof that the bytes will never count: an indexer that lags would answer the same."""
    alice = chain.new_wallet(token=10)
    first, _ = signed_transfer(alice, chain.token, Account.create().address, 1, nonce=0)
    other, other_hash = signed_transfer(alice, chain.token, Account.create().address, 2, nonce=0)
    rail.broadcast(bytes.fromhex(first[2:]))
    with pytest.raises(UnknownOutcome, match="replacement transaction underpriced"):
        rail.broadcast(bytes.fromhex(other[2:]))
    chain.mine()
    with pytest.raises(UnknownOutcome, match="nonce too low"):
        rail.broadcast(bytes.fromhex(other[2:]))
    assert rail.find(other_hash) == ChainState("unknown")


def test_a_wallet_without_gas_is_worth_another_try_and_bytes_for_another_chain_are_not(chain: Chain, rail: EvmRail) -> None:
    pauper = Account.create()
    raw, _ = signed_transfer(pauper, chain.token, Account.create().address, 1, nonce=0)
    with pytest.raises(RetryableError, match="insufficient funds"):
        rail.broadcast(bytes.fromhex(raw[2:]))
    foreign, _ = signed_transfer(pauper, chain.token, Account.create().address, 1, nonce=0, chainId=1)
    with pytest.raises(TerminalError, match="invalid chain id"):
        rail.broadcast(bytes.fromhex(foreign[2:]))
    with pytest.raises(TerminalError, match="rlp"):
        rail.broadcast(b"\x02\xc0")


def test_a_reverted_transfer_shows_its_cost_and_no_transfer(chain: Chain, rail: EvmRail) -> None:
    alice = chain.new_wallet(token=1)
    raw, tx_hash = signed_transfer(alice, chain.token, Account.create().address, 2, nonce=0)
    rail.broadcast(bytes.fromhex(raw[2:]))
    chain.mine()
    state = rail.find(tx_hash)
    assert (state.status, state.transfers) == ("reverted", ())
    assert state.gas_cost == 10**18 - rail.balances(alice.address, chain.token).native


def test_an_estimate_covers_a_real_transfer(chain: Chain, rail: EvmRail) -> None:
    alice, bob = chain.new_wallet(token=100), Account.create().address
    estimate = rail.quote(EvmOrder(TransferCall(chain.token, alice.address, bob, 100)))
    fees = {"maxFeePerGas": estimate.max_fee_per_gas, "maxPriorityFeePerGas": estimate.max_priority_fee_per_gas}
    raw, tx_hash = signed_transfer(alice, chain.token, bob, 100, nonce=0, gas=estimate.gas_limit, **fees)
    rail.broadcast(bytes.fromhex(raw[2:]))
    chain.mine()
    state = rail.find(tx_hash)
    assert state.status == "mined"
    assert state.gas_cost is not None
    assert 0 < state.gas_cost <= estimate.max_cost


def test_an_estimate_says_when_the_token_would_refuse(chain: Chain, rail: EvmRail) -> None:
    alice, bob = chain.new_wallet(token=100), Account.create().address
    with pytest.raises(TerminalError, match="transfer amount exceeds balance") as refused:
        rail.estimate_fees(TransferCall(chain.token, alice.address, bob, 101))
    assert refused.value.code == "reverted"


def test_the_indexer_reads_headers_logs_and_receipts(chain: Chain, rail: EvmRail) -> None:
    alice, bob, token = chain.new_wallet(token=100), Account.create().address, chain.token
    first = chain.height + 1
    sent = []
    for nonce in range(3):
        raw, tx_hash = signed_transfer(alice, token, bob if nonce else alice.address, 10 + nonce, nonce=nonce)
        rail.broadcast(bytes.fromhex(raw[2:]))
        sent.append(tx_hash)
        chain.mine()
    last, last_hash = rail.head()
    assert rail.block(last).hash == last_hash
    assert rail.block(last).parent_hash == rail.block(last - 1).hash
    assert rail.block(last).timestamp > rail.block(last - 1).timestamp
    logs = rail.logs(first, last, [token], parties=[alice.address])
    assert [(item.transaction_hash, item.block_number, item.transfer.amount) for item in logs] == [
        (tx_hash, first + nonce, 10 + nonce) for nonce, tx_hash in enumerate(sent)
    ]
    assert rail.logs(first, last, [token], parties=[bob]) == logs[1:]
    assert rail.logs(first, last, [token]) == logs
    assert rail.logs(first, last, [bob]) == []
    spent = sum(receipt.gas_cost for receipt in rail.receipts(sent))
    assert spent == 10**18 - rail.balances(alice.address, token).native
    with pytest.raises(RetryableError, match="no receipt"):
        rail.receipts([sent[0], UNHEARD_OF])


def test_a_block_beyond_the_head_and_a_contract_without_code_are_errors(chain: Chain, rail: EvmRail) -> None:
    with pytest.raises(RetryableError, match="has no block"):
        rail.block(chain.height + 100)
    with pytest.raises(RetryableError, match="there is no token"):
        rail.balances(Account.create().address, Account.create().address)


def test_a_node_on_another_chain_is_never_used(chain: Chain) -> None:
    with closing(JsonRpcClient(chain.url)) as client, pytest.raises(RetryableError, match="the node is on chain 31337, not 1"):
        EvmRail(chain.url, 1, 3, client=client).broadcast(b"\x02\xc0")


def test_every_exchange_is_handed_to_the_recorder(chain: Chain) -> None:
    kept: list[Exchange] = []
    with closing(EvmRail(chain.url, CHAIN_ID, 3, name="node-1", recorder=kept.append)) as rail, pytest.raises(TerminalError):
        rail.broadcast(b"\x02\xc0")
    told = [item.written() for item in kept]
    assert [(item.provider, item.status) for item in kept] == [("node-1", 200), ("node-1", 200)]
    assert [one.operation for one in told] == ["eth_chainId", "eth_sendRawTransaction"]
    assert '"params": ["0x02c0"]' in told[1].request
    assert '"error"' in told[1].response
