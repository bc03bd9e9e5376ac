"""The sandbox chain answers as a node does: checked by its own answers, and by web3.py as an independent reader."""

import pytest
from eth_account import Account
from eth_typing import HexStr
from web3 import Web3

from tests.sandbox.chain import CHAIN_ID, Chain, Refusal, signed_transfer
from transfers.rails.evm.tokens import TRANSFER_TOPIC, balance_of_calldata, topic_of

BOB = Account.from_key("0x" + "b0" * 32).address


def balance(chain: Chain, owner: str, tag: str = "latest") -> int:
    return int(chain.call("eth_call", {"to": chain.token, "data": "0x" + balance_of_calldata(owner).hex()}, tag), 16)


def test_it_deploys_a_token_with_six_decimals(chain: Chain) -> None:
    assert int(chain.call("eth_call", {"to": chain.token, "data": "0x313ce567"}, "latest"), 16) == 6
    assert bytes.fromhex(chain.call("eth_call", {"to": chain.token, "data": "0x95d89b41"}, "latest")[2:])[64:68] == b"USDC"


def test_only_the_owner_mints(chain: Chain) -> None:
    stranger = Account.create().address
    call = {"from": stranger, "to": chain.token, "data": "0x40c10f19" + topic_of(stranger)[2:] + f"{10:064x}"}
    with pytest.raises(Refusal, match="execution reverted: only the owner mints") as refused:
        chain.call("eth_call", call, "latest")
    assert refused.value.code == 3
    with pytest.raises(Refusal, match="execution reverted: only the owner mints"):
        chain.call("eth_estimateGas", call)


def test_a_transfer_is_mined_with_its_log_and_receipt(chain: Chain) -> None:
    alice = chain.new_wallet(token=1_000)
    raw, tx_hash = signed_transfer(alice, chain.token, BOB, 400, nonce=0)
    before = balance(chain, BOB)
    assert chain.call("eth_sendRawTransaction", raw) == tx_hash
    assert chain.call("eth_getTransactionReceipt", tx_hash) is None
    assert chain.call("eth_getTransactionByHash", tx_hash)["blockNumber"] is None
    number = chain.mine()
    receipt = chain.call("eth_getTransactionReceipt", tx_hash)
    (log,) = receipt["logs"]
    assert (receipt["status"], receipt["blockNumber"], receipt["blockHash"]) == ("0x1", hex(number), chain.block(number)["hash"])
    assert log["topics"] == [TRANSFER_TOPIC, topic_of(alice.address), topic_of(BOB)]
    assert int(log["data"], 16) == 400
    assert (balance(chain, alice.address), balance(chain, BOB)) == (600, before + 400)
    assert balance(chain, alice.address, hex(number - 1)) == 1_000


def test_a_reverted_transfer_costs_gas_and_logs_nothing(chain: Chain) -> None:
    poor = chain.new_wallet(token=1)
    raw, tx_hash = signed_transfer(poor, chain.token, BOB, 2, nonce=0)
    chain.call("eth_sendRawTransaction", raw)
    chain.mine()
    receipt = chain.call("eth_getTransactionReceipt", tx_hash)
    spent = 10**18 - int(chain.call("eth_getBalance", poor.address, "latest"), 16)
    assert (receipt["status"], receipt["logs"]) == ("0x0", [])
    assert spent == int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert spent > 0


def test_it_mines_a_sender_in_nonce_order_and_waits_at_a_gap(chain: Chain) -> None:
    alice = chain.new_wallet(token=100)
    raws = [signed_transfer(alice, chain.token, BOB, 1, nonce=nonce) for nonce in range(4)]
    for index in (1, 3, 0):
        chain.call("eth_sendRawTransaction", raws[index][0])
    assert chain.call("eth_getTransactionCount", alice.address, "pending") == "0x2"
    number = chain.mine()
    assert chain.block(number)["transactions"] == [raws[0][1], raws[1][1]]
    chain.call("eth_sendRawTransaction", raws[2][0])
    number = chain.mine()
    assert chain.block(number)["transactions"] == [raws[2][1], raws[3][1]]
    assert chain.call("eth_getTransactionCount", alice.address, "latest") == "0x4"


def test_a_replacement_must_bid_a_tenth_more(chain: Chain) -> None:
    alice = chain.new_wallet(token=100)
    first, first_hash = signed_transfer(alice, chain.token, BOB, 1, nonce=0)
    chain.call("eth_sendRawTransaction", first)
    for fees in ({"maxFeePerGas": 55 * 10**8}, {"maxPriorityFeePerGas": 11 * 10**8}):
        cheap, _ = signed_transfer(alice, chain.token, BOB, 1, nonce=0, **fees)
        with pytest.raises(Refusal, match=r"^replacement transaction underpriced$"):
            chain.call("eth_sendRawTransaction", cheap)
    dear, dear_hash = signed_transfer(alice, chain.token, BOB, 1, nonce=0, maxFeePerGas=55 * 10**8, maxPriorityFeePerGas=11 * 10**8)
    assert chain.call("eth_sendRawTransaction", dear) == dear_hash
    assert chain.call("eth_getTransactionByHash", first_hash) is None
    assert chain.block(chain.mine())["transactions"] == [dear_hash]


def test_it_refuses_as_geth_does(chain: Chain) -> None:
    alice = chain.new_wallet(wei=10**16, token=100)
    mined, _ = signed_transfer(alice, chain.token, BOB, 1, nonce=0)
    chain.call("eth_sendRawTransaction", mined)
    with pytest.raises(Refusal, match=r"^already known$") as known:
        chain.call("eth_sendRawTransaction", mined)
    assert known.value.code == -32000
    chain.mine()
    with pytest.raises(Refusal, match=r"^nonce too low: next nonce 1, tx nonce 0$"):
        chain.call("eth_sendRawTransaction", mined)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"chainId": 1}, "invalid chain id for signer: have 1 want 31337"),
        ({"gas": 21_000}, "intrinsic gas too low"),
        ({"gas": 30_000_001}, "exceeds block gas limit"),
        ({"value": 10**18}, "insufficient funds for gas * price + value"),
        ({"maxPriorityFeePerGas": 6 * 10**9}, "max priority fee per gas higher than max fee per gas"),
    ],
)
def test_it_refuses_what_could_never_be_mined(chain: Chain, fields: dict[str, int], message: str) -> None:
    alice = chain.new_wallet(wei=10**18)
    raw, tx_hash = signed_transfer(alice, chain.token, BOB, 1, nonce=0, **fields)
    with pytest.raises(Refusal) as refused:
        chain.call("eth_sendRawTransaction", raw)
    assert refused.value.message.startswith(message)
    assert chain.call("eth_getTransactionByHash", tx_hash) is None


@pytest.mark.parametrize("raw", ["0x", "0x02", "0x02c0", "0x03c0", "0xf8ff", "0x00"])
def test_it_refuses_bytes_that_are_no_transaction(chain: Chain, raw: str) -> None:
    with pytest.raises(Refusal) as refused:
        chain.call("eth_sendRawTransaction", raw)
    assert refused.value.code == -32000


def test_logs_are_found_by_contract_topic_and_block(chain: Chain) -> None:
    alice, carol = chain.new_wallet(token=100), Account.create().address
    raw, tx_hash = signed_transfer(alice, chain.token, carol, 7, nonce=0)
    chain.call("eth_sendRawTransaction", raw)
    number = chain.mine()
    every = {"fromBlock": "0x0", "toBlock": "latest"}
    to_carol = {**every, "topics": [TRANSFER_TOPIC, None, [topic_of(carol)]]}
    (log,) = chain.call("eth_getLogs", to_carol)
    assert (log["transactionHash"], log["blockNumber"]) == (tx_hash, hex(number))
    assert chain.call("eth_getLogs", {**to_carol, "address": [chain.token]}) == [log]
    assert chain.call("eth_getLogs", {**to_carol, "address": BOB}) == []
    assert chain.call("eth_getLogs", {"blockHash": log["blockHash"], "topics": to_carol["topics"]}) == [log]
    assert chain.call("eth_getLogs", {**to_carol, "toBlock": hex(number - 1)}) == []
    with pytest.raises(Refusal, match="beyond current head"):
        chain.call("eth_getLogs", {**to_carol, "toBlock": hex(number + 1000)})


def test_requests_come_one_by_one_or_in_batches(chain: Chain) -> None:
    answers = chain.post(
        b'[{"jsonrpc":"2.0","id":"a","method":"net_version"},{"jsonrpc":"2.0","method":"eth_chainId"},'
        b'{"jsonrpc":"2.0","id":2,"method":"eth_nothing"},{"id":3},{"jsonrpc":"2.0","id":4,"method":"eth_chainId","params":[1]}]'
    )
    assert [answer.get("id") for answer in answers] == ["a", 2, None, 4]
    assert answers[0]["result"] == str(CHAIN_ID)
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32601, -32600, -32602]
    assert chain.post(b"not json")["error"]["code"] == -32700
    assert chain.post(b"[]")["error"]["code"] == -32600


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBalance", ["0x1234", "latest"]),
        ("eth_getBalance", [12, "latest"]),
        ("eth_getBlockByNumber", ["newest", False]),
        ("eth_getBlockByNumber", ["0x01", False]),
        ("eth_getBlockByNumber", [1.5, False]),
        ("eth_getTransactionReceipt", ["0xabc"]),
        ("eth_getLogs", [[]]),
        ("eth_getLogs", [{"fromBlock": "0x2", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"topics": ["0x12"]}]),
        ("sandbox_fund", [{"reference": "r", "address": BOB, "wei": 5}]),
        ("sandbox_fund", [{"reference": "r", "address": BOB, "wei": "1.5"}]),
        ("sandbox_fund", [{"address": BOB, "wei": "5"}]),
        ("sandbox_fund", [{"reference": "r", "address": "bob", "wei": "5"}]),
        ("sandbox_mine", ["0x0"]),
    ],
)
def test_malformed_parameters_are_refused(chain: Chain, method: str, params: list[object]) -> None:
    with pytest.raises(Refusal) as refused:
        chain.call(method, *params)
    assert refused.value.code == -32602


def test_funding_happens_once_per_reference(chain: Chain) -> None:
    lucky = Account.create().address
    grant = {"reference": f"seed:{lucky}", "address": lucky, "wei": "1000", "token": "500"}
    first = chain.call("sandbox_fund", grant)
    chain.mine()
    again = chain.call("sandbox_fund", grant)
    chain.mine()
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["transactions"] == again["transactions"]
    assert (balance(chain, lucky), int(chain.call("eth_getBalance", lucky, "latest"), 16)) == (500, 1000)
    with pytest.raises(Refusal, match="was used for"):
        chain.call("sandbox_fund", {**grant, "token": "501"})


def test_web3_reads_blocks_transactions_and_fees(chain: Chain) -> None:
    alice = chain.new_wallet(token=10)
    raw, tx_hash = (HexStr(text) for text in signed_transfer(alice, chain.token, BOB, 3, nonce=0))
    web3 = Web3(Web3.HTTPProvider(chain.url))
    assert web3.eth.send_raw_transaction(raw).to_0x_hex() == tx_hash
    chain.mine()
    receipt, transaction = web3.eth.get_transaction_receipt(tx_hash), web3.eth.get_transaction(tx_hash)
    block = web3.eth.get_block(receipt["blockNumber"], full_transactions=True)
    assert transaction["from"] == alice.address
    assert receipt["effectiveGasPrice"] == block["baseFeePerGas"] + 10**9
    assert receipt["gasUsed"] == block["gasUsed"]
    history = web3.eth.fee_history(3, "latest", [50])
    assert history["baseFeePerGas"][-2] == block["baseFeePerGas"]
    assert history["reward"][-1] == [10**9]
    assert web3.eth.chain_id == CHAIN_ID
