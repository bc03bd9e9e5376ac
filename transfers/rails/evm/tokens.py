"""ERC-20: the call that moves tokens, the question for a balance, and the Transfer log that proves a payment."""

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from transfers.rails.evm import hexes

TRANSFER_TOPIC = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
_TRANSFER_SELECTOR = keccak(text="transfer(address,uint256)")[:4]
_RECEIVE_SELECTOR = keccak(text="receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)")[
    :4
]
_BALANCE_OF_SELECTOR = keccak(text="balanceOf(address)")[:4]
_WORD = 32
# v, r and s.
AUTHORIZATION_BYTES = 3 * _WORD
_ADDRESS_PADDING = bytes(12)


@dataclass(frozen=True, slots=True)
class TransferCall:
    """A token transfer about to be made; amount in the token's minor units, addresses checksummed."""

    contract: str
    sender: str
    recipient: str
    amount: int


@dataclass(frozen=True, slots=True)
class TokenTransfer:
    """A token transfer as the contract logged it. Addresses are checksummed, the amount is in the token's minor units."""

    contract: str
    sender: str
    recipient: str
    amount: int
    log_index: int


def transfer_calldata(recipient: str, amount: int) -> bytes:
    """Raises ValueError for an amount outside 1..2**256-1."""
    if not 0 < amount <= hexes.UINT256_MAX:
        raise ValueError(f"not an amount that can be transferred: {amount}")
    return _TRANSFER_SELECTOR + encode(["address", "uint256"], [recipient, amount])


def sweep_calldata(owner: str, receiver: str, amount: int, *, nonce: bytes) -> bytes:
    """What `owner` authorises `receiver` to fetch, without an end (ERC-3009): everything but the owner's signature, which follows
    in AUTHORIZATION_BYTES more. Raises ValueError as `transfer_calldata`."""
    if not 0 < amount <= hexes.UINT256_MAX:
        raise ValueError(f"not an amount that can be transferred: {amount}")
    terms = ["address", "address", "uint256", "uint256", "uint256", "bytes32"]
    return _RECEIVE_SELECTOR + encode(terms, [owner, receiver, amount, 0, hexes.UINT256_MAX, nonce])


def balance_of_calldata(owner: str) -> bytes:
    return _BALANCE_OF_SELECTOR + encode(["address"], [owner])


def topic_of(address: str) -> str:
    """An address as it stands in an indexed position of a log."""
    return "0x" + "0" * 24 + address.removeprefix("0x").lower()


def transfer_in(log: Any) -> TokenTransfer | None:
    """The ERC-20 transfer in a log, or None when the log is something else.

    Non-fungible tokens share the event's name and topic but index the third value too (four topics, no data), and some early
    contracts index nothing: neither is a payment. Raises hexes.Malformed for a log that is none at all.
    """
    fields = hexes.mapping(log, "log")
    topics = [hexes.hash32(topic, "log topic") for topic in hexes.listing(fields.get("topics"), "log topics")]
    payload = hexes.data(fields.get("data"), "log data")
    if len(topics) != 3 or topics[0] != TRANSFER_TOPIC or len(payload) != _WORD:
        return None
    sender, recipient = _address_in(topics[1]), _address_in(topics[2])
    if sender is None or recipient is None:
        return None
    contract = hexes.address(fields.get("address"), "log address")
    index = hexes.quantity(fields.get("logIndex"), "log index")
    return TokenTransfer(contract, sender, recipient, int.from_bytes(payload, "big"), index)


def _address_in(topic: str) -> str | None:
    word = bytes.fromhex(topic[2:])
    return to_checksum_address(word[12:]) if word[:12] == _ADDRESS_PADDING else None
