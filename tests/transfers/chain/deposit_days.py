"""A drive for every order that the sandbox chain takes, over a deposit: armed, met by payer, watch and driver, healed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from eth_account.signers.local import LocalAccount

from audit import coverage
from backoffice.sandbox.chain.orders import KINDS, ChainOrders
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.sandbox.chain import signed_transfer
from tests.transfers.chain.weather import step, the_books_prove_themselves
from tests.transfers.incoming import address_of
from tests.transfers.stack import FINAL_DEPTH, Stack
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, available, history, posted
from transfers.commands.deposits.watching import MARGIN, watch
from transfers.models import Arrival, Transfer
from transfers.rails.base import RetryableError
from transfers.rails.trust import authorities

AMOUNT = 250 * UNIT
# About one node's answers: given to the node that the payer uses.
DOOR = frozenset(code for code, kind in KINDS.items() if kind.door)


@dataclass
class Deposit:
    """Somebody pays 250.00 USDC to a client's address, through the node at `url`, which takes the orders about its own answers.
    `witnessed` says that there is another node beside it."""

    rails: Stack
    url: str
    witnessed: bool
    payer: LocalAccount
    to: str
    had: int
    raws: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, rails: Stack, *, url: str, witnessed: bool) -> "Deposit":
        # The signer makes the same address in every test: what others were paid there lies further back than the watch reads again.
        rails.mine(FINAL_DEPTH + MARGIN)
        payer, to = outside.stranger(rails, token=10 * AMOUNT), address_of().value
        return cls(rails, url, witnessed, payer, to, rails.token_balance(to))

    def order(self, kind: str, **parameters: str | int) -> None:
        """To the payer's node; orders about the network go to the first one."""
        with ChainOrders(self.url if kind in DOOR else self.rails.rails.chain_rpc_url) as node:
            node.give(kind, **parameters)

    def met(self) -> None:
        """What is counted has been used up."""
        with ChainOrders(self.url) as node:
            assert node.standing() == []

    def pay(self, *, nonce: int = 0, **fields: int) -> str:
        """What the node says: a hash, an objection, or nothing at all."""
        raw, _ = signed_transfer(self.payer, self.rails.token, self.to, AMOUNT, nonce=nonce, **fields)
        self.raws.append(raw)
        return self.send(raw)

    def send(self, raw: str) -> str:
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]}
        try:
            answer: dict[str, Any] = httpx.post(self.url, json=call, verify=authorities(), timeout=20).json()
        except httpx.HTTPError:
            return ""
        return str(answer.get("result") or answer["error"]["message"])

    def pays_again(self) -> None:
        """The same bytes, as a wallet does that does not know whether they arrived."""
        self.send(self.raws[0])

    def is_seen(self, *, blocks: int = 1, times: int = 1) -> Transfer:
        self.rails.mine(blocks)
        assert (watch(), posted(ACCOUNT)) == (times, FUNDS)
        return Transfer.objects.filter(route="chain_deposit").latest("created_at")

    def is_not_seen(self, *, blocks: int = FINAL_DEPTH) -> None:
        self.rails.mine(blocks)
        assert (watch(), Arrival.objects.count(), posted(ACCOUNT)) == (0, 0, FUNDS)

    def is_final(self) -> list[Transfer]:
        """Looked at when it is deep enough to be credited."""
        self.rails.mine(FINAL_DEPTH)
        return [step(one) for one in Transfer.objects.filter(route="chain_deposit").order_by("created_at")]

    def is_credited_once(self, *, times: int = 1) -> None:
        """By the token's own count, and proved by our index; `times` payments were made."""
        self.rails.obey()
        self.rails.mine()
        watch()
        self.is_final()
        if watch():
            self.is_final()
        assert watch() == 0
        assert self.rails.token_balance(self.to) == self.had + AMOUNT * times
        assert posted(ACCOUNT) == available() == FUNDS + AMOUNT * times
        outside.index()
        match_open_items()
        ended = list(Transfer.objects.filter(route="chain_deposit").exclude(failure_code="deposit_gone"))
        assert [one.status for one in ended] == ["RECONCILED"] * times
        assert Arrival.objects.count() == times
        assert not Break.objects.exists()
        self.everything_holds()

    def everything_holds(self) -> None:
        the_books_prove_themselves()
        assert list(coverage.findings()) == []


def _held_up(deposit: Deposit, words: str) -> None:
    (transfer,) = deposit.is_final()
    assert (transfer.status, posted(ACCOUNT)) == ("CREATED", FUNDS)
    assert transfer.last_error.startswith(words), transfer.last_error


def timeout_after(deposit: Deposit) -> None:
    """The payer does not know, and sends it again."""
    deposit.order("timeout_after")
    assert deposit.pay() == ""
    deposit.pays_again()
    deposit.met()
    deposit.is_seen()
    deposit.is_credited_once()


def not_taken(kind: str) -> Callable[[Deposit], None]:
    """Nothing arrives before the payer sends it again."""

    def drive(deposit: Deposit) -> None:
        deposit.order(kind)
        deposit.pay()
        deposit.met()
        deposit.is_not_seen()
        deposit.pays_again()
        deposit.is_seen()
        deposit.is_credited_once()

    return drive


def duplicate(deposit: Deposit) -> None:
    deposit.order("duplicate")
    deposit.pay()
    deposit.met()
    deposit.is_seen()
    deposit.is_credited_once()


def reorder(deposit: Deposit) -> None:
    """Two payments of one payer, the later one first: two deposits."""
    deposit.order("reorder")
    deposit.pay(nonce=0)
    deposit.pay(nonce=1)
    deposit.met()
    deposit.is_seen(times=2)
    deposit.is_credited_once(times=2)


def delay(deposit: Deposit) -> None:
    deposit.pay()
    deposit.order("delay", milliseconds=20, times=3)
    deposit.is_seen()
    deposit.is_credited_once()


def down(deposit: Deposit) -> None:
    """Alone it hides the deposit while it is away; beside another it costs nothing but its word."""
    deposit.pay()
    deposit.rails.mine()
    deposit.order("down")
    if deposit.witnessed:
        deposit.is_seen()
        (transfer,) = deposit.is_final()
        assert (transfer.status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + AMOUNT)
    else:
        with pytest.raises(RetryableError):
            watch()
        assert (Arrival.objects.count(), posted(ACCOUNT)) == (0, FUNDS)
    deposit.is_credited_once()


def lie(deposit: Deposit, what: str) -> None:
    """Two nodes contradict each other, and nothing is decided. One alone that changes its story is believed with nothing: what it
    showed first is given up or waited for, and is a deposit again by the truth."""
    deposit.pay()
    deposit.is_seen()
    deposit.order("lie", what=what)
    if deposit.witnessed:
        _held_up(deposit, "nodes_disagree: ")
    else:
        (transfer,) = deposit.is_final()
        assert (transfer.status, transfer.failure_code) in (("CREATED", ""), ("FAILED", "deposit_gone"))
        assert posted(ACCOUNT) == FUNDS
    deposit.is_credited_once()


def drop(deposit: Deposit) -> None:
    deposit.pay()
    deposit.order("drop")
    deposit.is_not_seen()
    deposit.pays_again()
    deposit.is_seen()
    deposit.is_credited_once()


def reorg(deposit: Deposit, keep: str) -> None:
    """Before it counts, and once more below the depth at which it was credited."""
    deposit.pay()
    deposit.is_seen()
    deposit.order("reorg", depth=1, keep="same")
    watch()
    (transfer,) = deposit.is_final()
    assert (transfer.status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + AMOUNT)
    block = Arrival.objects.get().block_number or 0
    deposit.order("reorg", depth=deposit.rails.height() - block + 1, keep=keep)
    step(transfer)
    assert (transfer.status, posted(ACCOUNT)) == ("REORGED", FUNDS)
    deposit.everything_holds()
    deposit.pays_again()
    deposit.is_credited_once()
    assert [kind for kind, *_ in history(transfer.id)].count("confirmed") == 2


def fee_spike(deposit: Deposit) -> None:
    deposit.order("fee_spike", factor=20, blocks=FINAL_DEPTH)
    deposit.pay()
    deposit.is_not_seen()
    deposit.rails.calm_fees()
    deposit.is_seen()
    deposit.is_credited_once()


def originals_first(deposit: Deposit) -> None:
    """The payer bids more for the same payment, and the first bid is mined."""
    deposit.order("originals_first")
    deposit.pay()
    deposit.pay(maxFeePerGas=9 * 10**9, maxPriorityFeePerGas=2 * 10**9)
    deposit.is_seen()
    deposit.is_credited_once()


def overlook(deposit: Deposit) -> None:
    deposit.order("overlook", address=deposit.to)
    deposit.pay()
    deposit.is_not_seen()
    deposit.rails.obey()
    deposit.is_seen()
    deposit.is_credited_once()


def stopped_by_the_issuer(stop: str, go_on: str, *parameters: str) -> Callable[[Deposit], None]:
    """It reverts: nothing was paid, and nothing is seen. Afterwards it is paid anew."""

    def drive(deposit: Deposit) -> None:
        about = dict.fromkeys(parameters, deposit.to)
        deposit.order(stop, **about)
        try:
            deposit.pay()
            deposit.is_not_seen()
        finally:
            deposit.order(go_on, **about)
        deposit.pay(nonce=1)
        deposit.is_seen()
        deposit.is_credited_once()

    return drive


Drive = Callable[..., None]
DRIVES: Mapping[str, Drive] = {
    **{kind: not_taken(kind) for kind in ("timeout_before", "lose", "refuse")},
    "pause_token": stopped_by_the_issuer("pause_token", "unpause_token"),
    "block_address": stopped_by_the_issuer("block_address", "unblock_address", "address"),
    **{
        drive.__name__: drive
        for drive in (
            *(timeout_after, duplicate, reorder, delay, down, lie),
            *(drop, reorg, fee_spike, originals_first, overlook),
        )
    },
}
