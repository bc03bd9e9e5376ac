"""Which rail serves which name: built once from plain settings, shared by threads, replaced in tests by configuring again.

The floor above hands the settings in when the application starts; nothing here reads the environment or Django.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

from transfers.rails.bank import BankRail
from transfers.rails.base import Recorder, RetryableError, forget
from transfers.rails.desk import LiquidityDesk, QuoteDesk
from transfers.rails.evm import EvmRail
from transfers.rails.evm.nodes import EvmNodes
from transfers.rails.guard import Gate, Guarded
from transfers.rails.psp import PspRail
from transfers.rails.rate_feed import RateFeed
from transfers.rails.signing import SignerClient

RailT = TypeVar("RailT")
SetAside = Callable[[], frozenset[str]]
# The nodes, as providers are named.
NODES = ("node", "node-2")
# The desk at `desk_url`.
DESK = "desk"


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """Where one liquidity desk takes questions: the whole URL, and the token it gave us."""

    url: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RailSettings:
    """Addresses and tokens of what we talk to; seconds for times. `confirmations` is the depth at which a payment counts,
    `final_depth` the one until which it is watched; `stuck_after_blocks` is how long an attempt waits before it is outbid."""

    chain_rpc_url: str = ""
    # A second node of the same network, run by somebody else.
    chain_rpc_url_2: str = ""
    chain_id: int = 31337
    confirmations: int = 3
    final_depth: int = 12
    stuck_after_blocks: int = 15
    block_time_s: float = 2.0
    bank_url: str = ""
    bank_token: str = ""
    # The desk that has no name of its own, and every other one by its name.
    desk_url: str = ""
    desk_token: str = ""
    desks: Mapping[str, DeskAddress] = field(default_factory=dict)
    desk_timeout_s: float = 3.0
    rates_url: str = ""
    rates_token: str = ""
    psp_url: str = ""
    psp_token: str = ""
    signer_url: str = ""
    signer_token: str = ""

    @property
    def nodes(self) -> Mapping[str, str]:
        """URLs of those nodes that have one, by the provider's code."""
        urls = zip(NODES, (self.chain_rpc_url, self.chain_rpc_url_2), strict=True)
        return {code: url for code, url in urls if url}


class NotConfigured(RetryableError):
    """A rail has no address: nothing was sent, and nothing will be until somebody configures it."""


class Rails:
    """The rails of one configuration, each made when first asked for. With a `gate`, nodes, signer, bank and card provider
    are behind it; desks are admitted by who asks them all at once. What goes over the lines to those four is handed to the
    `recorder`; what desks and the rate feed say is kept by who asks them."""

    def __init__(
        self,
        settings: RailSettings,
        *,
        gate: Gate | None = None,
        set_aside: SetAside = frozenset,
        recorder: Recorder = forget,
    ) -> None:
        self.settings = settings
        self._gate, self._set_aside, self._recorder = gate, set_aside, recorder

    @cached_property
    def evm(self) -> EvmRail | EvmNodes:
        _needed(self.settings.chain_rpc_url, "CHAIN_RPC_URL")
        nodes = list(self.nodes.values())
        return nodes[0] if len(nodes) == 1 else EvmNodes(nodes, set_aside=self._set_aside)

    @cached_property
    def nodes(self) -> Mapping[str, EvmRail]:
        """Each by itself, by the provider's code: for finding out whether it is back. Money is asked about through `evm`."""
        return {code: self._node(code, url) for code, url in self.settings.nodes.items()}

    def _node(self, name: str, url: str) -> EvmRail:
        given = self.settings
        node = EvmRail(url, given.chain_id, given.confirmations, final_depth=given.final_depth, name=name, recorder=self._recorder)
        return self._guarded(node, name)

    @cached_property
    def signer(self) -> SignerClient:
        _needed(self.settings.signer_url, "SIGNER_URL")
        return self._guarded(SignerClient(self.settings.signer_url, self.settings.signer_token, recorder=self._recorder), "signer")

    @cached_property
    def bank(self) -> BankRail:
        _needed(self.settings.bank_url, "BANK_URL")
        return self._guarded(BankRail(self.settings.bank_url, self.settings.bank_token, recorder=self._recorder), "bank")

    @cached_property
    def desks(self) -> Mapping[str, QuoteDesk]:
        """By the provider's code: those that have an address."""
        known = self.settings
        found: dict[str, QuoteDesk] = {}
        if known.desk_url:
            found[DESK] = LiquidityDesk(known.desk_url, known.desk_token, timeout_s=known.desk_timeout_s)
        for name, address in known.desks.items():
            found[name] = LiquidityDesk(address.url, address.token, name=name, path="", timeout_s=known.desk_timeout_s)
        return found

    @cached_property
    def rates(self) -> RateFeed:
        _needed(self.settings.rates_url, "RATES_URL")
        return RateFeed(self.settings.rates_url, self.settings.rates_token)

    def _guarded(self, rail: RailT, provider: str) -> RailT:
        return rail if self._gate is None else cast("RailT", Guarded(rail, provider, self._gate))

    @cached_property
    def psp(self) -> PspRail:
        _needed(self.settings.psp_url, "PSP_URL")
        return self._guarded(PspRail(self.settings.psp_url, self.settings.psp_token, recorder=self._recorder), "psp")

    def close(self) -> None:
        """Close the connections of whatever was made."""
        made = [rail for name in ("signer", "bank", "psp", "rates") if (rail := self.__dict__.get(name)) is not None]
        for rail in [*made, *self.__dict__.get("nodes", {}).values(), *self.__dict__.get("desks", {}).values()]:
            rail.close()


def _needed(address: str, variable: str) -> None:
    if not address:
        raise NotConfigured(f"{variable} is not set, so there is nobody to talk to")


_rails = Rails(RailSettings())


def configure(
    settings: RailSettings, *, gate: Gate | None = None, set_aside: SetAside = frozenset, recorder: Recorder = forget
) -> None:
    """Use these settings from now on. `set_aside` names the nodes whose word counts for nothing at the moment."""
    use(Rails(settings, gate=gate, set_aside=set_aside, recorder=recorder))


def use(rails: Rails) -> Rails:
    """Use these rails from now on; gives back those before, for whoever puts them back."""
    global _rails
    before, _rails = _rails, rails
    return before


def rails() -> Rails:
    return _rails
