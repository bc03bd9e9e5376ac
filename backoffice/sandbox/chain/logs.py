"""eth_getLogs: which logs a filter of addresses and topics means."""

from typing import Any

from backoffice.sandbox.chain import params
from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.reader import Reader
from backoffice.sandbox.chain.shapes import Json, hexed

MAX_RANGE = 10_000


def find_logs(reader: Reader, query: dict[str, Any]) -> list[Json]:
    """Logs in block order. Raises RpcError for a range beyond MAX_RANGE blocks, as hosted nodes do, or beyond the head."""
    addresses, topics = _addresses(query.get("address")), _topics(query.get("topics"))
    return [log for number in _blocks(reader, query) for log in reader.decoded(number).logs if _matches(log, addresses, topics)]


def _blocks(reader: Reader, query: dict[str, Any]) -> list[int]:
    if "blockHash" in query:
        if "fromBlock" in query or "toBlock" in query:
            raise RpcError.invalid_params("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other")
        found = reader.by_hash(params.data(query["blockHash"], size=32))
        if found is None:
            raise RpcError.server("unknown block")
        return [found.block.number]
    head = reader.head.block_number
    first = params.block_number(query.get("fromBlock", "latest"), head=head)
    last = params.block_number(query.get("toBlock", "latest"), head=head)
    if first > last:
        raise RpcError.invalid_params("invalid block range params")
    if last > head:
        raise RpcError.server(f"block range extends beyond current head block: head {head}, requested {last}")
    if last - first >= MAX_RANGE:
        raise RpcError(-32005, f"block range is limited to {MAX_RANGE} blocks")
    return reader.node.busy_between(first, last)


def _addresses(value: Any) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset(hexed(params.address(item)) for item in (value if isinstance(value, list) else [value])) or None


def _topics(value: Any) -> list[frozenset[str] | None]:
    """Per position, the accepted topics; None where any will do."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 4:
        raise RpcError.invalid_params("topics must be a list of at most four")
    return [_alternatives(item) for item in value]


def _alternatives(item: Any) -> frozenset[str] | None:
    if item is None or item == []:
        return None
    return frozenset(hexed(params.data(topic, size=32)) for topic in (item if isinstance(item, list) else [item]))


def _matches(log: Json, addresses: frozenset[str] | None, topics: list[frozenset[str] | None]) -> bool:
    if addresses is not None and log["address"] not in addresses:
        return False
    if len(log["topics"]) < len(topics):
        return False
    return all(wanted is None or topic in wanted for wanted, topic in zip(topics, log["topics"], strict=False))
