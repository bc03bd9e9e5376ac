"""An outside that does what it is asked at once: chain, signer, desk and bank without a process, for stories about our own side."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from eth_utils.crypto import keccak

from audit import clock
from tests.transfers.world import World, drive_until
from transfers.models import Transfer
from transfers.rails import registry
from transfers.rails.bank import BankAnswer, BatchAnswer, CreditTransfer, RecallAnswer, RecallRequest
from transfers.rails.base import RailError, RetryableError
from transfers.rails.desk import DeskQuote
from transfers.rails.desk_order import DeskOrder
from transfers.rails.evm import ChainState, FeeCaps, FeeEstimate, TokenTransfer
from transfers.rails.registry import Rails, RailSettings
from transfers.rails.signing import CancelIntent, SignedTransaction, SignIntent, SweepIntent


@dataclass
class Tame:
    """`signs` is false for a signer that does not answer, `reverts` true for a chain on which everything fails; `bank_says` is what
    the bank answers to everything."""

    settings: RailSettings = field(default_factory=RailSettings)
    confirmations: int = 2
    final_depth: int = 2
    signs: bool = True
    reverts: bool = False
    bank_says: str = "ACSC"
    recall_says: str = "pending"
    recall_fails: RailError | None = None
    recalls: list[RecallRequest] = field(default_factory=list)
    # Raised by the bank instead of any answer, until it is taken away.
    bank_fails: RailError | None = None
    # Every message to the bank, with its orders. A bank that keeps books says of what is in none that it never saw it.
    messages: list[list[CreditTransfer]] = field(default_factory=list)
    # Every handing over to the chain, by hash.
    broadcasts: list[str] = field(default_factory=list)
    keeps_books: bool = False
    desk_rate: Decimal = Decimal(17)
    # Of the network, and what the signer pays at the most; it has no caps of its own.
    fees: FeeEstimate = field(default_factory=lambda: FeeEstimate(10**9, 10**8, 60_000))
    caps: dict[int, FeeCaps] = field(default_factory=dict)
    _signed: dict[str, SignIntent | CancelIntent] = field(default_factory=dict)
    # Of sweeps: from whose address they fetch.
    _payers: dict[str, str] = field(default_factory=dict)
    # All attempts of a payment share one.
    _nonces: dict[str, int] = field(default_factory=dict)

    @property
    def evm(self) -> "Tame":
        return self

    signer = bank = evm

    @property
    def desks(self) -> dict[str, "Tame"]:
        return {"desk": self}

    def estimate_fees(self) -> FeeEstimate:
        return self.fees

    def gas_caps(self) -> dict[int, FeeCaps]:
        return self.caps

    def is_deep_enough(self, state: ChainState) -> bool:
        return state.confirmations >= self.confirmations

    def simulate(self, _: object, *, block: int | None = None) -> str:  # noqa: ARG002 - it takes everything
        return ""

    def sign_transfer(self, intent: SignIntent, *, correlation_id: str = "") -> SignedTransaction:  # noqa: ARG002
        return self._sign(intent)

    def sign_cancel(self, intent: CancelIntent, *, correlation_id: str = "") -> SignedTransaction:  # noqa: ARG002
        return self._sign(intent)

    def _sign(self, intent: SignIntent | CancelIntent) -> SignedTransaction:
        if not self.signs:
            raise RetryableError("the signer sleeps", provider="signer")
        raw = json.dumps(asdict(intent)).encode()
        signed = SignedTransaction(raw, hash_of(raw), self._nonces.setdefault(intent.key, len(self._nonces)))
        self._signed[signed.hash] = intent
        return signed

    def sign_sweep(self, intent: SweepIntent, *, correlation_id: str = "") -> SignedTransaction:
        terms = asdict(intent)
        payer = terms.pop("payer")
        signed = self.sign_transfer(SignIntent(**terms, recipient=intent.wallet_address), correlation_id=correlation_id)
        self._payers[signed.hash] = payer
        return signed

    def broadcast(self, raw: bytes) -> None:
        """It is in a block at once."""
        self.broadcasts.append(hash_of(raw))

    def find(self, tx_hash: str) -> ChainState:
        block = {"block_number": 7, "block_hash": "0x" + "07" * 32, "confirmations": self.confirmations, "gas_cost": 21_000}
        if self.reverts:
            return ChainState("reverted", **cast("Any", block))
        return ChainState("mined", transfers=self.moved_by(tx_hash), **cast("Any", block))

    def moved_by(self, tx_hash: str) -> tuple[TokenTransfer, ...]:
        """What the transaction moves when it is mined; one that only uses up its nonce moves nothing."""
        intent = self._signed[tx_hash]
        if isinstance(intent, CancelIntent):
            return ()
        payer = self._payers.get(tx_hash, intent.wallet_address)
        return (TokenTransfer(intent.token_contract, payer, intent.recipient, intent.amount, 0),)

    def nonce_of(self, tx_hash: str) -> int:
        return self._nonces[self._signed[tx_hash].key]

    def is_replaced(self, number: int, block_hash: str) -> bool:  # noqa: ARG002 - what is gone is gone everywhere
        return True

    def bank_of(self, _: str) -> Any:
        """Every bank there is."""
        return self.bank

    def quote(self, order: DeskOrder) -> DeskQuote:
        amount = order.source_amount
        return DeskQuote("q-1", self.desk_rate, amount, amount * self.desk_rate, clock.now() + timedelta(minutes=5), "{}")

    def submit(self, order: CreditTransfer) -> BankAnswer:
        self._take([order])
        return self._verdict()

    def submit_many(self, orders: Sequence[CreditTransfer], *, created_at: datetime) -> BatchAnswer:  # noqa: ARG002
        self._take(orders)
        said = self._verdict()
        return BatchAnswer({order.end_to_end_id: (said.status, said.reason, "bank-1") for order in orders}, "asked", "said")

    def status(self, end_to_end_id: str) -> BankAnswer:
        if self.bank_fails is not None:
            raise self.bank_fails
        taken = {order.end_to_end_id for message in self.messages for order in message}
        if self.keeps_books and end_to_end_id not in taken:
            return BankAnswer("NOTFOUND", "", "", "asked", "said")
        return self._verdict()

    def statements(self, *_: Any) -> list[Any]:
        """It has closed none; stories import theirs by hand."""
        return []

    def paid(self) -> list[list[str]]:
        """The orders of every message, by end-to-end id."""
        return [[order.end_to_end_id for order in message] for message in self.messages]

    def handed_over(self) -> Counter[str]:
        """How often each payment reached somebody who would make it: orders to the bank by end-to-end id, payments on chain by the
        key under which they were signed, whatever the attempt."""
        on_chain = Counter(self._signed[sent].key for sent in self.broadcasts)
        return on_chain + Counter(name for message in self.paid() for name in message)

    def _take(self, orders: Sequence[CreditTransfer]) -> None:
        if self.bank_fails is not None:
            raise self.bank_fails
        self.messages.append(list(orders))

    def _verdict(self) -> BankAnswer:
        return BankAnswer(self.bank_says, "AM03" if self.bank_says == "RJCT" else "", "bank-1", "asked", "said")

    def recall(self, request: RecallRequest) -> RecallAnswer:
        """`recall_fails` is raised once."""
        failure, self.recall_fails = self.recall_fails, None
        if failure is not None:
            raise failure
        self.recalls.append(request)
        return self.recall_status(request.recall_id)

    def recall_status(self, recall_id: str) -> RecallAnswer:
        known = recall_id in {one.recall_id for one in self.recalls}
        return RecallAnswer(self.recall_says if known else "NOTFOUND", "CUST: no", "asked", "said")


def hash_of(raw: bytes) -> str:
    return "0x" + keccak(raw).hex()


@contextmanager
def tame_outside() -> Iterator[Tame]:
    """The rails lead to it, for the length of the block."""
    tame = Tame()
    before = registry.use(cast("Rails", tame))
    try:
        yield tame
    finally:
        registry.use(before)


def every_ending(world: World, tame: Tame) -> list[Transfer]:
    """One transfer per way in which the story can go: paid on chain, paid out, rejected by the bank, reverted, cancelled, refused
    by an approver, waiting for approvers, locked."""
    told = [drive_until(world.order(), "CONFIRMED"), drive_until(world.off_ramp(), "FIAT_SETTLED")]
    tame.bank_says = "RJCT"
    told.append(drive_until(world.off_ramp("200.00"), "FAILED"))
    tame.reverts = True
    told.append(drive_until(world.order("30.00"), "FAILED"))
    tame.reverts = False
    approved = world.order("5000.00")
    world.approve(approved)
    told.append(drive_until(approved, "CONFIRMED"))
    rejected = world.order("6000.00")
    world.vote(rejected, world.checker, "reject")
    tame.signs = False
    return [*told, rejected, world.order("7000.00"), drive_until(world.order("20.00"), "FUNDS_LOCKED")]
