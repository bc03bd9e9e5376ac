"""The test token: compiled once per directory (the bytecode is kept in genesis.json), and the calls that are made to it."""

from pathlib import Path

from eth_abi.abi import encode
from eth_utils.crypto import keccak

_ARGUMENTS = "address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32"
_RECEIVE = keccak(text=f"receiveWithAuthorization({_ARGUMENTS})")[:4]
SOURCE = Path(__file__).with_name("usdc.vy")


def compile_token() -> bytes:
    """Deployment bytecode of `usdc.vy`. The compiler is imported here only: a warm start never pays for it."""
    from vyper import compile_code  # type: ignore[import-untyped]

    compiled = compile_code(SOURCE.read_text(encoding="utf-8"), output_formats=["bytecode"])
    return bytes.fromhex(compiled["bytecode"].removeprefix("0x"))


def authorizations_of(bytecode: bytes) -> dict[str, dict[str, str]]:
    """For the signer's networks: under which name the token reads signatures (EIP-712). Empty for the token of a directory that was
    made when it could not read any yet."""
    return {"USDC.ethereum": {"name": "Sandbox USD Coin", "version": "2"}} if _RECEIVE in bytecode else {}


def mint_call(receiver: str, amount: int) -> bytes:
    """Calldata of `mint(receiver, amount)`; amount in the token's minor units."""
    return keccak(text="mint(address,uint256)")[:4] + encode(["address", "uint256"], [receiver, amount])
