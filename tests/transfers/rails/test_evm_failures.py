"""What a failing node leaves known and unknown. The node here is a real HTTP server that misbehaves on demand."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from eth_utils.crypto import keccak

from transfers.rails.base import RailError, RetryableError, TerminalError, UnknownOutcome
from transfers.rails.evm import ChainState, EvmRail
from transfers.rails.evm.broadcast import verdict_of
from transfers.rails.evm.client import JsonRpcClient

RAW = b"\x02 signed bytes"
HASH = "0x" + keccak(RAW).hex()
BLOCK_HASH, OTHER_HASH = "0x" + "11" * 32, "0x" + "22" * 32

Answer = Callable[[dict[str, Any]], Any]


class Misbehaving(ThreadingHTTPServer):
    """`say` gives the result of each request; what it returns as bytes is the whole body, as int the whole status."""

    daemon_threads = True

    def __init__(self, say: Answer) -> None:
        self.say, self.sent = say, list[str]()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Misbehaving

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        items = request if isinstance(request, list) else [request]
        self.server.sent.extend(item["method"] for item in items)
        said = [self.server.say(item) for item in items]
        if said[0] is None:
            return
        if isinstance(said[0], int):
            self._send(said[0], b"sorry")
        elif isinstance(said[0], bytes):
            self._send(200, said[0])
        else:
            answers = [{"jsonrpc": "2.0", "id": item["id"], **answer} for item, answer in zip(items, said, strict=True)]
            self._send(200, json.dumps(answers if isinstance(request, list) else answers[0]).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The test says what it needs to say."""


@contextmanager
def node(say: Answer) -> Iterator[tuple[EvmRail, Misbehaving]]:
    """A rail whose node knows its chain and otherwise does as `say` tells it."""

    def answer(request: dict[str, Any]) -> Any:
        return {"result": "0x7a69"} if request["method"] == "eth_chainId" else say(request)

    server = Misbehaving(answer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    client = JsonRpcClient(server.url, timeout_s=0.5)
    try:
        yield EvmRail(server.url, 31337, 3, client=client), server
    finally:
        client.close()
        server.shutdown()
        server.server_close()


def silence(_: dict[str, Any]) -> None:
    """Take the request and close the connection without a word."""


def hang(_: dict[str, Any]) -> None:
    time.sleep(1)


@pytest.mark.parametrize(
    "say",
    [
        silence,
        hang,
        lambda _: 500,
        lambda _: 502,
        lambda _: b"<html>gateway</html>",
        lambda _: b'{"jsonrpc":"2.0","id":999999,"result":"0x"}',
        lambda _: b'{"jsonrpc":"2.0","id":2}',
        lambda _: {"error": {"code": "x", "message": 1}},
        lambda _: {"error": {"code": -32603, "message": "internal error"}},
        lambda _: {"result": OTHER_HASH},
        lambda _: {"result": None},
        lambda _: {"result": 1.5},
    ],
)
def test_once_sent_only_a_clear_answer_counts(say: Answer) -> None:
    with node(say) as (rail, server):
        with pytest.raises(UnknownOutcome):
            rail.broadcast(RAW)
        assert server.sent.count("eth_sendRawTransaction") == 1


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_node_that_turns_us_away_did_nothing(status: int) -> None:
    with node(lambda _: status) as (rail, _), pytest.raises(RetryableError, match=str(status)):
        rail.broadcast(RAW)


def test_a_refused_connection_did_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = JsonRpcClient(f"http://127.0.0.1:{port}")
    try:
        with pytest.raises(RetryableError, match="cannot be reached"):
            client.call("eth_sendRawTransaction", "0x", sends=True)
    finally:
        client.close()


@pytest.mark.parametrize(
    "say", [silence, hang, lambda _: 500, lambda _: b"{}", lambda _: {"result": "12"}, lambda _: {"result": 12}]
)
def test_a_read_that_fails_did_nothing(say: Answer) -> None:
    with node(say) as (rail, _), pytest.raises(RetryableError):
        rail.head()


def test_floats_are_refused_wherever_they_stand() -> None:
    block = {"number": "0x1", "hash": BLOCK_HASH, "parentHash": OTHER_HASH, "timestamp": "0x1", "ratio": 0.5}
    with node(lambda _: {"result": block}) as (rail, _), pytest.raises(RetryableError, match="floating-point"):
        rail.head()


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("insufficient funds for gas * price + value", RetryableError),
        ("txpool is full", RetryableError),
        ("transaction underpriced: gas tip cap 0, minimum needed 1", RetryableError),
        ("max fee per gas less than block base fee", RetryableError),
        ("intrinsic gas too low: gas 20000, minimum needed 21584", TerminalError),
        ("invalid sender", TerminalError),
        ("rlp: expected input list for types.DynamicFeeTx", TerminalError),
        ("tx fee (1.50 ether) exceeds the configured cap (1.00 ether)", TerminalError),
        ("nonce too low: next nonce 8, tx nonce 7", UnknownOutcome),
        ("replacement transaction underpriced", UnknownOutcome),
        ("something nobody has written before", UnknownOutcome),
    ],
)
def test_a_refusal_is_sorted_by_what_it_says(message: str, error: type[RailError]) -> None:
    def say(request: dict[str, Any]) -> Any:
        sends = request["method"] == "eth_sendRawTransaction"
        return {"error": {"code": -32000, "message": message}} if sends else {"result": None}

    with node(say) as (rail, _), pytest.raises(RailError) as raised:
        rail.broadcast(RAW)
    assert type(raised.value) is error


@pytest.mark.parametrize("message", ["already known", "ALREADY_EXISTS: already known", "known transaction: 0x12"])
def test_bytes_that_the_node_has_are_sent(message: str) -> None:
    with node(lambda _: {"error": {"code": -32000, "message": message}}) as (rail, _):
        assert rail.broadcast(RAW) == HASH


def test_a_used_nonce_is_fine_when_our_hash_is_known() -> None:
    def say(request: dict[str, Any]) -> Any:
        sends = request["method"] == "eth_sendRawTransaction"
        return {"error": {"code": -32000, "message": "nonce too low"}} if sends else {"result": {"hash": HASH}}

    with node(say) as (rail, _):
        assert rail.broadcast(RAW) == HASH


def test_rate_limits_are_told_by_their_code() -> None:
    assert verdict_of("daily request count", -32005) == "retry"
    assert verdict_of("daily request count", -32000) == "unknown"


def receipt(**changes: Any) -> dict[str, Any]:
    fields = {"transactionHash": HASH, "blockNumber": "0x5", "blockHash": BLOCK_HASH, "transactionIndex": "0x0", "logs": []}
    return {**fields, "status": "0x1", "gasUsed": "0x5208", "effectiveGasPrice": "0x1", "from": "0x" + "aa" * 20, **changes}


def chain_of(the_receipt: dict[str, Any], *, block_hash: str = BLOCK_HASH) -> Answer:
    block = {"number": "0x5", "hash": block_hash, "parentHash": OTHER_HASH, "timestamp": "0x1"}
    results = {
        "eth_getTransactionReceipt": the_receipt,
        "eth_getTransactionByHash": {"hash": HASH},
        "eth_blockNumber": "0x9",
        "eth_getBlockByNumber": block,
    }
    return lambda request: {"result": results[request["method"]]}


def test_a_receipt_on_the_chain_counts() -> None:
    with node(chain_of(receipt())) as (rail, _):
        assert rail.find(HASH) == ChainState("mined", 5, BLOCK_HASH, confirmations=5, gas_cost=21_000)


def test_a_receipt_of_a_block_that_a_reorg_took_does_not_count() -> None:
    with node(chain_of(receipt(), block_hash=OTHER_HASH)) as (rail, _):
        assert rail.find(HASH) == ChainState("pending")


@pytest.mark.parametrize(
    "changes",
    [
        {"transactionHash": OTHER_HASH},
        {"status": "0x2"},
        {"status": None},
        {"gasUsed": None},
        {"effectiveGasPrice": "21000"},
        {"logs": None},
        {"logs": [{"topics": ["0x12"], "data": "0x"}]},
    ],
)
def test_a_receipt_that_cannot_be_believed_is_an_error(changes: dict[str, Any]) -> None:
    with node(chain_of(receipt(**changes))) as (rail, _), pytest.raises(RetryableError):
        rail.find(HASH)
