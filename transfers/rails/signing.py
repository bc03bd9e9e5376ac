"""The client of the signer process: a typed intent goes in, signed bytes come out, and they are checked before anybody sends them.

Asking again is always safe, whatever became of the first call: for one key and attempt the signer gives the same bytes for ever.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import httpx
import rlp  # type: ignore[import-untyped]
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rlp.exceptions import RLPException  # type: ignore[import-untyped]

from transfers.rails.adapters import Adapter, Connection, Kind
from transfers.rails.base import NotOffered, Recorder, Reservation, RetryableError, TerminalError, UnknownOutcome, forget
from transfers.rails.evm import FeeCaps, hexes
from transfers.rails.evm.tokens import AUTHORIZATION_BYTES, sweep_calldata, transfer_calldata
from transfers.rails.line import Line
from transfers.rails.settings import RailSettings
from transfers.rails.trust import authorities

_DYNAMIC_FEE = 2
# An authorization's own nonce follows from the payment's key: the token takes each once.
_SWEEP = "countersign/sweep/"
# Refusals of the intent itself. Anything else (a wrong token, a signer without database) is ours to repair, and then to repeat.
_REFUSED = frozenset({400, 409, 422})


@dataclass(frozen=True, slots=True)
class SignIntent:
    """Pay `amount` minor units of `token_contract` from `wallet_address` to `recipient`.

    `key` names the payment: all its attempts share one nonce, so at most one of them can ever be mined. A higher `attempt` may
    differ from the one before in its fees (each at least a tenth higher) and gas limit only. Fees are wei per gas.
    """

    key: str
    attempt: int
    wallet_address: str
    chain_id: int
    token_contract: str
    recipient: str
    amount: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class SweepIntent:
    """Bring `amount` minor units of `token_contract` home from the deposit address `payer` to `wallet_address`, which pays the gas.
    Attempts are as those of a payment."""

    key: str
    attempt: int
    wallet_address: str
    chain_id: int
    token_contract: str
    payer: str
    amount: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """Use up the nonce of the payment `key` without paying anybody. Its attempts count on from the payment's own."""

    key: str
    attempt: int
    wallet_address: str
    chain_id: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    raw: bytes
    hash: str
    nonce: int


Asked = SignIntent | SweepIntent | CancelIntent
_VERBS: dict[type, str] = {SignIntent: "sign-transfer", SweepIntent: "sign-sweep", CancelIntent: "sign-cancel"}


class SignerClient:
    """`url` is http://127.0.0.1:PORT, or unix:///path/to/socket."""

    def __init__(self, url: str, token: str, *, name: str = "signer", timeout_s: float = 15.0, recorder: Recorder = forget) -> None:
        self.name = name
        socket = url.removeprefix("unix://") if url.startswith("unix://") else None
        transport = None if socket is None else httpx.HTTPTransport(uds=socket, verify=authorities())
        self._http = Line(
            name,
            recorder,
            secrets=(token,),
            base_url=url if socket is None else "http://signer",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=3.0),
            trust_env=False,
            verify=authorities(),
            transport=transport,
        )

    def sign_transfer(self, intent: SignIntent, *, correlation_id: str = "") -> SignedTransaction:
        """The signed bytes of an intent, verified to carry it out and nothing else.

        Raises RetryableError (no answer, or the signer cannot work now), TerminalError (the signer refuses this intent, or has
        signed other content under its key and attempt) and UnknownOutcome (the bytes are not what was asked for: never send them).
        """
        return self._sign("sign-transfer", intent, correlation_id)

    def sign_sweep(self, intent: SweepIntent, *, correlation_id: str = "") -> SignedTransaction:
        """Signed bytes that move the tokens home, verified to move them nowhere else. Raises as `sign_transfer`."""
        return self._sign("sign-sweep", intent, correlation_id)

    def sign_cancel(self, intent: CancelIntent, *, correlation_id: str = "") -> SignedTransaction:
        """Signed bytes that use up the payment's nonce, verified to pay nobody. Raises as `sign_transfer`."""
        return self._sign("sign-cancel", intent, correlation_id)

    def gas_caps(self) -> Mapping[int, FeeCaps]:
        """The most that it signs for, by chain id; none where it is of a release that does not tell: it goes on refusing by itself.
        Raises RetryableError."""
        response = self._send(self._http.build_request("GET", "/v1/gas-caps"))
        if response.status_code == httpx.codes.NOT_FOUND:
            return {}
        if response.status_code != httpx.codes.OK:
            code, message = _problem(response)
            raise RetryableError(f"the signer does not tell its caps: {message}", provider=self.name, code=code)
        try:
            caps = hexes.mapping(hexes.mapping(response.json(), "answer").get("caps"), "caps")
            return {int(chain_id): _read_caps(said) for chain_id, said in caps.items()}
        except (ValueError, TypeError) as error:
            raise RetryableError(f"the signer's caps cannot be read: {error}", provider=self.name) from error

    def _sign(self, verb: str, intent: Asked, correlation_id: str) -> SignedTransaction:
        response = self._post(verb, _body(intent), correlation_id)
        if response.status_code in _REFUSED:
            code, message = _problem(response)
            raise TerminalError(f"the signer refuses: {message}", provider=self.name, code=code)
        if response.status_code != httpx.codes.OK:
            code, message = _problem(response)
            raise RetryableError(f"the signer cannot sign now: {message}", provider=self.name, code=code)
        try:
            signed = _read(response.json())
            _verify(signed, intent)
        except (ValueError, TypeError, RLPException) as error:
            raise UnknownOutcome(f"the signer's answer is not the transaction asked for: {error}", provider=self.name) from error
        return signed

    # The five verbs of every rail: it has one, and to repeat that is to ask.

    def submit(self, order: Asked) -> SignedTransaction:
        """Raises as `sign_transfer`."""
        return self._sign(_VERBS[type(order)], order, "")

    def quote(self, order: Asked) -> SignedTransaction:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a signature has no price: the network has one", provider=self.name)

    def reserve(self, order: Asked) -> Reservation:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("the nonce belongs to the payment's key for good: there is nothing to reserve", provider=self.name)

    def status(self, reference: str) -> SignedTransaction:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("the same intent is signed again with the same bytes: ask by submitting it", provider=self.name)

    def cancel(self, reference: str) -> SignedTransaction:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a signature stays: its nonce is used up by one that pays nobody (sign_cancel)", provider=self.name)

    def ping(self) -> None:
        """Whether it lives. Raises RetryableError."""
        try:
            self._http.get("/healthz").raise_for_status()
        except httpx.HTTPError as error:
            raise RetryableError(f"the signer did not answer ({type(error).__name__})", provider=self.name) from error

    def deposit_address(self, name: str) -> str:
        """Checksummed address of the deposit wallet `name`; the same for the same name. Raises RetryableError, TerminalError."""
        response = self._post("deposit-wallets", {"name": name}, "")
        if response.status_code == 400:
            raise TerminalError(f"the signer makes no wallet {name!r}: {_problem(response)[1]}", provider=self.name)
        if not response.is_success:
            raise RetryableError(f"the signer gave no address: {_problem(response)[1]}", provider=self.name)
        try:
            return hexes.address(hexes.mapping(response.json(), "answer").get("address"), "address")
        except (ValueError, TypeError) as error:
            raise RetryableError(f"the signer's answer cannot be read: {error}", provider=self.name) from error

    def close(self) -> None:
        self._http.close()

    def _post(self, verb: str, body: dict[str, Any], correlation_id: str) -> httpx.Response:
        headers = {"Correlation-Id": correlation_id} if correlation_id else {}
        return self._send(self._http.build_request("POST", f"/v1/{verb}", json=body, headers=headers))

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._http.send(request)
        except httpx.HTTPError as error:
            raise RetryableError(f"the signer did not answer ({type(error).__name__})", provider=self.name) from error


def _body(intent: Asked) -> dict[str, Any]:
    """Amounts as strings of digits, as everywhere on a wire."""
    amounts = ("amount", "max_fee_per_gas", "max_priority_fee_per_gas")
    return {name: str(value) if name in amounts else value for name, value in asdict(intent).items()}


def _problem(response: httpx.Response) -> tuple[str, str]:
    try:
        error = response.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", f"HTTP {response.status_code}"


def _read(answer: Any) -> SignedTransaction:
    fields = hexes.mapping(answer, "answer")
    nonce = fields.get("nonce")
    if not isinstance(nonce, int) or isinstance(nonce, bool) or nonce < 0:
        raise hexes.Malformed(f"nonce is no number: {nonce!r}")
    return SignedTransaction(hexes.data(fields.get("raw"), "raw"), hexes.hash32(fields.get("hash"), "hash"), nonce)


def _read_caps(said: Any) -> FeeCaps:
    fields = hexes.mapping(said, "caps of a chain")
    return FeeCaps(*(int(str(fields.get(name))) for name in ("max_fee_per_gas", "max_priority_fee_per_gas")))


def _verify(signed: SignedTransaction, intent: Asked) -> None:
    """Decode the bytes and hold every field against the intent. Raises ValueError naming what differs."""
    if signed.hash != "0x" + keccak(signed.raw).hex():
        raise ValueError("the hash is not that of the bytes")
    if not signed.raw or signed.raw[0] != _DYNAMIC_FEE:
        raise ValueError("not a type-2 transaction")
    fields = rlp.decode(signed.raw[1:])
    if not isinstance(fields, list) or len(fields) != 12:
        raise ValueError("not the twelve fields of a type-2 transaction")
    said = [int.from_bytes(field, "big") for field in (*fields[:5], fields[6])]
    asked = [intent.chain_id, signed.nonce, intent.max_priority_fee_per_gas, intent.max_fee_per_gas, intent.gas_limit, 0]
    names = ("chain id", "nonce", "priority fee", "fee cap", "gas limit", "value")
    differing = [name for name, one, other in zip(names, said, asked, strict=True) if one != other]
    to, payload, signature_bytes = _called(intent)
    if to_checksum_address(fields[5]) != to_checksum_address(to):
        differing.append("token contract")
    if not fields[7].startswith(payload) or len(fields[7]) != len(payload) + signature_bytes:
        differing.append("recipient or amount")
    if differing:
        raise ValueError(f"other {', '.join(differing)}")


def _called(intent: Asked) -> tuple[str, bytes, int]:
    """Whom the transaction calls, with what, and how many bytes of a deposit wallet's signature follow: the token verifies them."""
    if isinstance(intent, CancelIntent):
        return intent.wallet_address, b"", 0
    if isinstance(intent, SweepIntent):
        home = sweep_calldata(intent.payer, intent.wallet_address, intent.amount, nonce=keccak(text=f"{_SWEEP}{intent.key}"))
        return intent.token_contract, home, AUTHORIZATION_BYTES
    return intent.token_contract, transfer_calldata(intent.recipient, intent.amount), 0


def _named(settings: RailSettings) -> list[Connection]:
    return [Connection("signer", settings.signer_url, settings.signer_token)] if settings.signer_url else []


SIGNER = Adapter(
    name="signer",
    kind=Kind.SIGNER,
    build=lambda to, _, recorder: SignerClient(to.url, to.token, name=to.code, recorder=recorder),
    named=_named,
    setting="SIGNER_URL",
    verbs=frozenset({"submit"}),
    probe=lambda signer, _: signer.ping,
    under_way=frozenset({"submit", "sign_transfer", "sign_sweep", "sign_cancel", "gas_caps"}),
    paced=True,
    is_single=True,
)
