"""The transaction itself, built here from the intent: nobody hands the signer bytes to sign."""

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from transfers.signer.intents import Asked, Intent, SweepIntent

_TRANSFER = keccak(text="transfer(address,uint256)")[:4]


def transaction_of(intent: Asked, *, nonce: int, authorization: bytes = b"") -> dict[str, Any]:
    """A type-2 transaction that calls `transfer(recipient, amount)` on the token and can do nothing else; for a sweep, one that
    presents the deposit wallet's `authorization`; for a cancellation, one that sends the wallet nothing from itself."""
    to, data = intent.wallet_address, b""
    if isinstance(intent, SweepIntent):
        to, data = intent.token_contract, authorization
    if isinstance(intent, Intent):
        to, data = intent.token_contract, _TRANSFER + encode(["address", "uint256"], [intent.recipient, intent.amount])
    return {
        "type": 2,
        "chainId": intent.chain_id,
        "nonce": nonce,
        "to": to,
        "value": 0,
        "data": data,
        "gas": intent.gas_limit,
        "maxFeePerGas": intent.max_fee_per_gas,
        "maxPriorityFeePerGas": intent.max_priority_fee_per_gas,
    }
