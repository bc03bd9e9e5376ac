"""eth_feeHistory: base fees and tips of the latest blocks."""

from typing import Any

from backoffice.sandbox.chain import params
from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.evm import base_fee_of
from backoffice.sandbox.chain.reader import Decoded, Reader
from backoffice.sandbox.chain.shapes import Json, effective_price
from backoffice.sandbox.chain.wallet import PRIORITY_FEE_WEI

MAX_BLOCKS = 1024


def history(reader: Reader, count: Any, newest: Any, percentiles: list[Any]) -> Json:
    """As the execution API has it. `gasUsedRatio` is the one place where the protocol itself has floats."""
    if not all(isinstance(item, int | float) and 0 <= item <= 100 for item in percentiles) or sorted(percentiles) != percentiles:
        raise RpcError.invalid_params("reward percentiles must rise between 0 and 100")
    last = reader.header_at(newest).block_number
    wanted = min(params.quantity(count), MAX_BLOCKS, last + 1)
    blocks = [reader.decoded(number) for number in range(last - wanted + 1, last + 1)]
    headers = [decoded.block.header for decoded in blocks]
    answer: Json = {
        "oldestBlock": hex(last - wanted + 1),
        "baseFeePerGas": [*(hex(base_fee_of(header)) for header in headers), hex(_following(reader, last))],
        "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
    }
    if percentiles:
        answer["reward"] = [[hex(tip) for tip in _tips(decoded, percentiles)] for decoded in blocks]
    return answer


def _following(reader: Reader, number: int) -> int:
    """The base fee of the block after `number`, be it mined or not."""
    if number == reader.head.block_number:
        return reader.node.base_fee
    return base_fee_of(reader.node.evm.header(number + 1))


def _tips(decoded: Decoded, percentiles: list[Any]) -> list[int]:
    """Tips per gas at the given percentiles; an empty block asks for what the node would suggest."""
    base_fee = base_fee_of(decoded.block.header)
    tips = sorted(effective_price(item, base_fee) - base_fee for item in decoded.block.transactions) or [PRIORITY_FEE_WEI]
    return [tips[min(len(tips) - 1, int(len(tips) * percentile / 100))] for percentile in percentiles]
