"""Who is connected, and the rail of each: built once from plain settings, shared by threads, replaced in tests.

A provider is one adapter, declared in its own module and listed in ADAPTERS, and an address in the settings. The floor above hands
the settings in when the application starts; nothing here reads the environment or Django.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar, cast

from transfers.rails.adapters import Adapter, Connection, Kind
from transfers.rails.bank import BankRail
from transfers.rails.bank.adapter import ISO20022_BANK
from transfers.rails.base import Exchange, Recorder, RetryableError, forget
from transfers.rails.desk import HTTP_DESK, QuoteDesk
from transfers.rails.evm import EvmRail, FeeCaps
from transfers.rails.evm.adapter import EVM_NODE
from transfers.rails.evm.nodes import EvmNodes
from transfers.rails.guard import Gate, Guarded
from transfers.rails.psp import PspRail
from transfers.rails.psp.adapter import CARD_PROVIDER
from transfers.rails.rate_feed import RateFeed
from transfers.rails.settings import Address, Further, RailSettings
from transfers.rails.signing import SIGNER, SignerClient

# Whoever configures the rails needs their settings as well.
__all__ = ["Address", "Further", "RailSettings", "Rails", "configure", "rails", "use"]

RailT = TypeVar("RailT")
SetAside = Callable[[], frozenset[str]]
# Every language that somebody can be spoken to in.
ADAPTERS: tuple[Adapter, ...] = (EVM_NODE, SIGNER, ISO20022_BANK, CARD_PROVIDER, HTTP_DESK)
# The signer reads its caps when it starts; what it said is believed for so long.
CAPS_KEPT_S = 60.0
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


class NotConfigured(RetryableError):
    """A rail has no address: nothing was sent, and nothing will be until somebody configures it."""


class BadSettings(ValueError):
    """The settings contradict themselves; the message says where."""


@dataclass(frozen=True, slots=True)
class Connected:
    adapter: Adapter
    connection: Connection


def connected(settings: RailSettings, adapters: Iterable[Adapter] = ADAPTERS) -> dict[str, Connected]:
    """Everybody who has an address, by code, kind by kind. Raises BadSettings."""
    by_name = {adapter.name: adapter for adapter in adapters}
    found: dict[str, Connected] = {}
    for adapter in by_name.values():
        for connection in adapter.named(settings):
            _join(found, adapter, connection)
    for code, further in settings.providers.items():
        spoken = by_name.get(further.adapter)
        if spoken is None or spoken.is_single:
            raise BadSettings(f"{code} cannot be connected as {further.adapter!r}: only {_several(by_name.values())} can")
        _join(found, spoken, Connection(code, further.address.url, further.address.token))
    return found


def _join(found: dict[str, Connected], adapter: Adapter, connection: Connection) -> None:
    if not _CODE.fullmatch(connection.code) or connection.code in found:
        raise BadSettings(f"{connection.code!r} is no code for one more: lower-case letters, digits, - and _, and each once")
    found[connection.code] = Connected(adapter, connection)


def _several(adapters: Iterable[Adapter]) -> str:
    return ", ".join(sorted(adapter.name for adapter in adapters if not adapter.is_single))


class Rails:
    """The rails of one configuration, each made when first asked for. With a `gate`, everybody is behind it save desks, which are
    admitted by who asks them all at once. Whatever goes over a line is handed to the `recorder`. Raises BadSettings."""

    def __init__(
        self,
        settings: RailSettings,
        *,
        gate: Gate | None = None,
        set_aside: SetAside = frozenset,
        recorder: Recorder = forget,
        adapters: Iterable[Adapter] = ADAPTERS,
    ) -> None:
        self.settings = settings
        self.connected = connected(settings, adapters)
        self._gate, self._set_aside, self._recorder = gate, set_aside, recorder
        self._made: dict[str, Any] = {}
        self._making = threading.Lock()
        self._caps: Mapping[int, FeeCaps] = {}
        self._caps_until_s = 0.0

    def at(self, code: str) -> Any:
        """The rail of this provider. Raises NotConfigured."""
        with self._making:
            if code not in self._made:
                self._made[code] = self._make(code)
            return self._made[code]

    def bank_of(self, code: str) -> BankRail:
        """The bank that an account of ours is at. Raises NotConfigured."""
        known = self.connected.get(code)
        if known is None or known.adapter.kind != Kind.BANK:
            raise NotConfigured(f"bank {code} has no address, so there is nobody to talk to", provider=code)
        return cast("BankRail", self.at(code))

    @cached_property
    def evm(self) -> EvmRail | EvmNodes:
        nodes = list(self.nodes.values()) or [self._one(EVM_NODE, "node")]
        return nodes[0] if len(nodes) == 1 else EvmNodes(nodes, set_aside=self._set_aside)

    @cached_property
    def nodes(self) -> Mapping[str, EvmRail]:
        """Each by itself, by the provider's code: for finding out whether it is back. Money is asked about through `evm`."""
        return self._all(Kind.CHAIN)

    @cached_property
    def desks(self) -> Mapping[str, QuoteDesk]:
        """By the provider's code: those that have an address."""
        return self._all(Kind.DESK)

    @cached_property
    def signer(self) -> SignerClient:
        return cast("SignerClient", self._one(SIGNER, "signer"))

    def gas_caps(self) -> Mapping[int, FeeCaps]:
        """The most that the signer pays for gas, by chain id, as it said within CAPS_KEPT_S. Raises RetryableError."""
        now_s = time.monotonic()
        if now_s >= self._caps_until_s:
            self._caps = self.signer.gas_caps()
            self._caps_until_s = now_s + CAPS_KEPT_S
        return self._caps

    @cached_property
    def psp(self) -> PspRail:
        return cast("PspRail", self._one(CARD_PROVIDER, "psp"))

    @cached_property
    def rates(self) -> RateFeed:
        if not self.settings.rates_url:
            raise NotConfigured("RATES_URL is not set, so there is nobody to talk to")
        return RateFeed(self.settings.rates_url, self.settings.rates_token, recorder=self._recorder)

    def close(self) -> None:
        """Close the connections of whatever was made."""
        feed = self.__dict__.get("rates")
        for rail in [*self._made.values(), *([feed] if feed else [])]:
            rail.close()

    def _all(self, kind: Kind) -> dict[str, Any]:
        return {code: self.at(code) for code, known in self.connected.items() if known.adapter.kind == kind}

    def _one(self, adapter: Adapter, code: str) -> Any:
        if code not in self.connected:
            raise NotConfigured(f"{adapter.setting} is not set, so there is nobody to talk to", provider=code)
        return self.at(code)

    def _make(self, code: str) -> Any:
        if code not in self.connected:
            raise NotConfigured(f"{code} has no address, so there is nobody to talk to", provider=code)
        known = self.connected[code]
        recorder = self._routine if known.adapter.read_all_the_time else self._recorder
        return self._guarded(known.adapter.build(known.connection, self.settings, recorder), known)

    def _routine(self, exchange: Exchange) -> None:
        self._recorder(replace(exchange, is_routine=True))

    def _guarded(self, rail: RailT, known: Connected) -> RailT:
        if self._gate is None or known.adapter.in_rounds:
            return rail
        return cast("RailT", Guarded(rail, known.connection.code, self._gate, known.adapter))


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


def adapter_of(code: str) -> Adapter | None:
    """The language that the provider speaks, as far as it is connected."""
    known = connected(rails().settings).get(code)
    return known.adapter if known else None


def kind_of(code: str) -> Kind | None:
    """What the provider is to us, as far as it is connected."""
    adapter = adapter_of(code)
    return adapter.kind if adapter else None


def codes_of(kind: Kind) -> frozenset[str]:
    """Everybody of the kind who is connected."""
    return frozenset(code for code, known in connected(rails().settings).items() if known.adapter.kind == kind)
