"""The word of a deposit wallet by which its tokens come home: ERC-3009, `receiveWithAuthorization`.

The deposit wallet signs who gets how much, and needs no gas. The contract takes that signature from the recipient alone, and once
per authorization nonce; the nonce follows from the payment's key, so that however often a sweep is signed, its tokens move once.
"""

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from transfers.signer.intents import SweepIntent
from transfers.signer.keystore import Keystore
from transfers.signer.networks import Domain, Network

_ARGUMENTS = ("address", "address", "uint256", "uint256", "uint256", "bytes32")
_SELECTOR = keccak(text=f"receiveWithAuthorization({','.join(_ARGUMENTS)},uint8,bytes32,bytes32)")[:4]
_RECEIVE = keccak(
    text="ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
_DOMAIN = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
# Nobody but the recipient can present it, so there is nothing to be gained by an end that a slow network might miss.
ALWAYS, FOR_EVER = 0, 2**256 - 1


def authorization_of(intent: SweepIntent, network: Network, keystore: Keystore) -> bytes:
    """Calldata that presents the deposit wallet's signature. Policy has been checked. The same for every attempt."""
    said = (intent.payer, intent.wallet_address, intent.amount, ALWAYS, FOR_EVER, sweep_nonce(intent.key))
    content = keccak(encode(["bytes32", *_ARGUMENTS], [_RECEIVE, *said]))
    domain = _separator(network.domains[intent.token_contract], network.chain_id, intent.token_contract)
    v, r, s = keystore.sign_digest(intent.payer, keccak(b"\x19\x01" + domain + content))
    return _SELECTOR + encode([*_ARGUMENTS, "uint8", "uint256", "uint256"], [*said, v, r, s])


def sweep_nonce(key: str) -> bytes:
    """The authorization's own nonce, which has nothing to do with that of the transaction."""
    return bytes(keccak(text=f"countersign/sweep/{key}"))


def _separator(domain: Domain, chain_id: int, contract: str) -> bytes:
    names = [keccak(text=domain.name), keccak(text=domain.version)]
    return bytes(keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], [_DOMAIN, *names, chain_id, contract])))
