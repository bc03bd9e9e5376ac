"""Logs, receipts and addresses of the real Ethereum, against what others have decoded from them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from tests.transfers.rails import corpus
from transfers.rails.evm import hexes, tokens
from transfers.rails.evm.answers import read_indexed_transfer, read_receipt
from transfers.rails.evm.tokens import TRANSFER_TOPIC, TokenTransfer, transfer_in

BLOCK = "onchain/eth_mainnet_b17173049"
CONTRACTS = {
    "USDC": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    "USDT": "0xdAC17F958D2ee523a2206206994597C13D831ec7",
}


def as_answered(log: dict[str, Any]) -> dict[str, Any]:
    """ethereum-etl keeps logs in its own spelling: back to what a node answers."""
    return {
        "address": log["address"],
        "topics": log["topics"],
        "data": log["data"],
        "logIndex": hex(log["log_index"]),
        "blockNumber": hex(log["block_number"]),
        "blockHash": log["block_hash"],
        "transactionHash": log["transaction_hash"],
        "transactionIndex": hex(log["transaction_index"]),
    }


def test_every_stablecoin_transfer_of_a_mainnet_block_is_read_as_expected() -> None:
    names = {address: name for name, address in CONTRACTS.items()}
    found = [read_indexed_transfer(as_answered(log)) for log in corpus.lines(f"{BLOCK}_logs.jsonl")]
    read = {
        (item.transfer.log_index, item.transaction_hash, names[item.transfer.contract], *_facts(item.transfer))
        for item in found
        if item is not None and item.transfer.contract in names
    }
    expected = {
        (int(row["log_index"]), row["tx"], row["token"], row["from"], row["to"], int(row["raw_value"]))
        for row in corpus.rows(f"{BLOCK}_expected_usdc_usdt_transfers.csv")
    }
    assert len(expected) == 20
    assert read == expected
    usdc = sum((Decimal(row[5]) for row in expected if row[2] == "USDC"), Decimal(0))
    assert usdc.scaleb(-6) == Decimal("5245.621929")


def _facts(transfer: TokenTransfer) -> tuple[str, str, int]:
    return transfer.sender, transfer.recipient, transfer.amount


def test_all_fungible_transfers_of_the_block_are_those_of_an_independent_decoder() -> None:
    """Rows of other events (four topics: one thing that cannot be split) are what our reading leaves out, and nothing else."""
    logs = {log["log_index"]: log for log in corpus.lines(f"{BLOCK}_logs.jsonl")}
    theirs = {
        row["log_index"]: (row["token_address"], row["from_address"], row["to_address"], int(row["value"]))
        for row in corpus.lines(f"{BLOCK}_token_transfers.jsonl")
        if len(logs[row["log_index"]]["topics"]) == 3
    }
    read = {index: transfer_in(as_answered(log)) for index, log in logs.items()}
    ours = {
        index: (item.contract.lower(), item.sender.lower(), item.recipient.lower(), item.amount)
        for index, item in read.items()
        if item is not None
    }
    assert len(theirs) >= 100
    assert ours == theirs


RECEIPTS = {
    f"0x{name}": f"onchain/ethetl_receipt_eth_getTransactionReceipt_0x{name}.json"
    for name in (
        "04cbcb236043d8fb7839e07bbc7f5eed692fb2ca55d897f1101eac3e3ad4fab8",
        "05287a561f218418892ab053adfb3d919860988b19458c570c5c30f51c146f02",
        "463d53f0ad57677a3b430a007c1c31d15d62c37fab5eee598551697c297c235c",
    )
}


@pytest.mark.parametrize("tx_hash", RECEIPTS)
def test_receipts_of_early_mainnet_are_read_as_expected(tx_hash: str) -> None:
    expected = {row["transaction_hash"]: row for row in corpus.lines("onchain/ethetl_receipt_expected_receipts.json")}[tx_hash]
    receipt = read_receipt(corpus.load(RECEIPTS[tx_hash])["result"])
    assert (receipt.transaction_hash, receipt.block_number, receipt.block_hash) == (tx_hash, 483920, expected["block_hash"])
    assert (receipt.gas_used, receipt.effective_gas_price) == (expected["gas_used"], expected["effective_gas_price"])
    assert receipt.gas_cost == expected["gas_used"] * expected["effective_gas_price"]
    assert receipt.status is None


def test_the_transfer_in_a_raw_receipt_is_read_as_expected() -> None:
    tx_hash = next(iter(RECEIPTS))
    rows = corpus.rows("onchain/ethetl_tt_block_with_transfers_expected_token_transfers.csv")
    (expected,) = [row for row in rows if row["transaction_hash"] == tx_hash]
    (transfer,) = read_receipt(corpus.load(RECEIPTS[tx_hash])["result"]).transfers
    assert transfer == TokenTransfer(
        contract=to_checksum_address(expected["token_address"]),
        sender=to_checksum_address(expected["from_address"]),
        recipient=to_checksum_address(expected["to_address"]),
        amount=int(expected["value"]),
        log_index=int(expected["log_index"]),
    )


def test_topics_and_selectors_are_those_computed_elsewhere() -> None:
    known = corpus.load("onchain/stablecoin_event_topics_and_selectors.json")
    someone = CONTRACTS["USDC"]
    assert known["events"]["Transfer(address,address,uint256)"] == TRANSFER_TOPIC
    assert "0x" + tokens.transfer_calldata(someone, 1)[:4].hex() == known["functions"]["transfer(address,uint256)"]
    assert "0x" + tokens.balance_of_calldata(someone)[:4].hex() == known["functions"]["balanceOf(address)"]


def test_address_checksums_follow_the_vectors() -> None:
    vectors = corpus.load("onchain/eip55_vectors.json")
    verdicts = {vector["address"]: _is_accepted(vector["address"]) for vector in vectors}
    assert {True, False} == set(verdicts.values())
    assert verdicts == {vector["address"]: vector["valid"] for vector in vectors}


def _is_accepted(text: str) -> bool:
    try:
        hexes.stated_address(text, "address")
    except hexes.Malformed:
        return False
    return True


def test_a_missing_corpus_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNTERSIGN_CORPUS", str(tmp_path))
    with pytest.raises(AssertionError, match="COUNTERSIGN_CORPUS"):
        corpus.load("onchain/eip55_vectors.json")
