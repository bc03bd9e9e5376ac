"""The deployer's signature: the one key that the chain process has, used to deploy the token and to fund wallets."""

from typing import Any

from eth_account import Account

from backoffice.sandbox.chain.genesis import Genesis

PRIORITY_FEE_WEI = 10**9
MAX_FEE_WEI = 10**12


def sign(genesis: Genesis, *, nonce: int, to: str | None, data: bytes, gas: int, value: int = 0) -> bytes:
    """A raw type-2 transaction of the deployer. The fee cap is far above any base fee here, so none is ever stranded."""
    transaction: dict[str, Any] = {
        "type": 2,
        "chainId": genesis.chain_id,
        "nonce": nonce,
        "data": data,
        "value": value,
        "gas": gas,
        "maxPriorityFeePerGas": PRIORITY_FEE_WEI,
        "maxFeePerGas": MAX_FEE_WEI,
    }
    if to is not None:
        transaction["to"] = to
    return bytes(Account.from_key(genesis.deployer_key).sign_transaction(transaction).raw_transaction)
