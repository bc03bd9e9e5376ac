"""The test token: compiled once per directory (the bytecode is kept in genesis.json), and the calls that are made to it."""

from pathlib import Path

from eth_abi.abi import encode
from eth_utils.crypto import keccak

SOURCE = Path(__file__).with_name("usdc.vy")


def compile_token() -> bytes:
    """Deployment bytecode of `usdc.vy`. The compiler is imported here only: a warm start never pays for it."""
    from vyper import compile_code  # type: ignore[import-untyped]

    compiled = compile_code(SOURCE.read_text(encoding="utf-8"), output_formats=["bytecode"])
    return bytes.fromhex(compiled["bytecode"].removeprefix("0x"))


def mint_call(receiver: str, amount: int) -> bytes:
    """Calldata of `mint(receiver, amount)`; amount in the token's minor units."""
    return keccak(text="mint(address,uint256)")[:4] + encode(["address", "uint256"], [receiver, amount])
