"""The typed intent: what the signer is asked to do, read strictly, and the digests that tell one content from another."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from eth_utils.address import to_checksum_address

from transfers.signer.errors import BadRequest

MAX_AMOUNT = 2**256 - 1
_DIGITS = re.compile(r"[1-9][0-9]{0,77}")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_MAX_SMALLINT = 32_767


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A transaction of `wallet_address` under the nonce of `key`. Addresses are checksummed; fees are wei per gas."""

    # What the digest of everything is of, besides its fields.
    PURPOSE: ClassVar[str]

    key: str
    attempt: int
    wallet_address: str
    chain_id: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    gas_limit: int

    @property
    def content_digest(self) -> bytes:
        """Of everything: the same key and attempt with another one is a conflict."""
        return _digest(self.PURPOSE, {name: str(value) for name, value in asdict(self).items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving(Asked):
    """One that moves `amount` minor units of a token, under a nonce of its own. `PARTY` names the field that says from or to whom,
    `TERMS` what the digest of the terms is of: no key stands for two kinds."""

    PARTY: ClassVar[str]
    TERMS: ClassVar[str]

    token_contract: str
    amount: int

    @property
    def terms(self) -> dict[str, str]:
        """What no attempt may change: who pays whom how much of what."""
        names = ("wallet_address", "chain_id", "token_contract", self.PARTY, "amount")
        return {name: str(getattr(self, name)) for name in names}

    @property
    def terms_digest(self) -> bytes:
        return _digest(self.TERMS, self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(Moving):
    """Pay `recipient`."""

    PURPOSE, TERMS, PARTY = "content", "terms", "recipient"

    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepIntent(Moving):
    """Bring tokens from the deposit wallet `payer` home to `wallet_address`, which sends the transaction and pays its gas. Nobody
    else can be named as the recipient."""

    PURPOSE, TERMS, PARTY = "sweep", "sweep-terms", "payer"

    payer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelIntent(Asked):
    """Use up the nonce of payment `key` by sending nothing to ourselves: what was signed for the payment can then not be mined."""

    PURPOSE = "cancel"


def read_intent(body: bytes) -> Intent:
    """Raises BadRequest naming the field. Unknown fields, repeated fields and JSON numbers for amounts are refused."""
    content = _content(body, Intent)
    return Intent(**_transaction(content), **_tokens(content), recipient=_address(content, "recipient"))


def read_sweep_intent(body: bytes) -> SweepIntent:
    """As `read_intent`. Where it goes is not said: to the wallet that sends it."""
    content = _content(body, SweepIntent)
    return SweepIntent(**_transaction(content), **_tokens(content), payer=_address(content, "payer"))


def read_cancel_intent(body: bytes) -> CancelIntent:
    """As `read_intent`. Who would be paid is not said: nobody is."""
    return CancelIntent(**_transaction(_content(body, CancelIntent)))


def _transaction(content: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": _key(content),
        "attempt": _whole(content, "attempt", 0, _MAX_SMALLINT),
        "wallet_address": _address(content, "wallet_address"),
        "chain_id": _whole(content, "chain_id", 1, 2**53),
        "max_fee_per_gas": _amount(content, "max_fee_per_gas"),
        "max_priority_fee_per_gas": _amount(content, "max_priority_fee_per_gas"),
        "gas_limit": _whole(content, "gas_limit", 1, 2**53),
    }


def _tokens(content: dict[str, Any]) -> dict[str, Any]:
    return {"token_contract": _address(content, "token_contract"), "amount": _amount(content, "amount")}


def _content(body: bytes, kind: type[Asked]) -> dict[str, Any]:
    content, names = _object(body), {field.name for field in fields(kind)}
    if set(content) != names:
        missing, unknown = sorted(names - set(content)), sorted(set(content) - names)
        raise BadRequest("fields_wrong", f"missing fields: {missing}, unknown fields: {unknown}")
    return content


def _key(content: dict[str, Any]) -> str:
    if not isinstance(content["key"], str) or not _KEY.fullmatch(content["key"]):
        raise BadRequest("key_malformed", "key must be 1 to 200 printable ASCII characters without spaces")
    return content["key"]


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body, object_pairs_hook=_without_repeats)
    except ValueError as error:
        raise BadRequest("json_malformed", f"the body is not the JSON we accept: {error}") from error
    if not isinstance(content, dict):
        raise BadRequest("json_malformed", "the body must be an object")
    return content


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a field occurs twice")
    return content


def _whole(content: dict[str, Any], name: str, least: int, most: int) -> int:
    value = content[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(f"{name}_malformed", f"{name} must be a whole number between {least} and {most}")
    return value


def _amount(content: dict[str, Any], name: str) -> int:
    value = content[name]
    if not isinstance(value, str) or not _DIGITS.fullmatch(value) or int(value) > MAX_AMOUNT:
        raise BadRequest(f"{name}_malformed", f"{name} must be a string of decimal digits above zero")
    return int(value)


def _address(content: dict[str, Any], name: str) -> str:
    """Mixed case must carry the right EIP-55 checksum; one case alone carries none and is taken as it is."""
    value = content[name]
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise BadRequest(f"{name}_malformed", f"{name} is not an address")
    checksummed, digits = to_checksum_address(value), value[2:]
    if value != checksummed and digits not in (digits.lower(), digits.upper()):
        raise BadRequest(f"{name}_checksum", f"{name} fails its EIP-55 checksum")
    return checksummed


def _digest(purpose: str, content: dict[str, str]) -> bytes:
    encoded = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return hashlib.sha256(f"countersign/signer/{purpose}/v1".encode() + b"\0" + encoded).digest()
