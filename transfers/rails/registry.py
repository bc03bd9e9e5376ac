"""Which rail serves which name: built once from plain settings, shared by threads, replaced in tests by configuring again.

The floor above hands the settings in when the application starts; nothing here reads the environment or Django.
"""

from dataclasses import dataclass
from functools import cached_property

from transfers.rails.bank import BankRail
from transfers.rails.base import RetryableError
from transfers.rails.desk import LiquidityDesk
from transfers.rails.evm import EvmRail
from transfers.rails.signing import SignerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class RailSettings:
    """Addresses and tokens of what we talk to. `confirmations` is the depth at which a block counts as final; seconds for times."""

    chain_rpc_url: str = ""
    chain_id: int = 31337
    confirmations: int = 3
    block_time_s: float = 2.0
    bank_url: str = ""
    bank_token: str = ""
    desk_url: str = ""
    desk_token: str = ""
    signer_url: str = ""
    signer_token: str = ""


class NotConfigured(RetryableError):
    """A rail has no address: nothing was sent, and nothing will be until somebody configures it."""


class Rails:
    """The rails of one configuration, each made when first asked for."""

    def __init__(self, settings: RailSettings) -> None:
        self.settings = settings

    @cached_property
    def evm(self) -> EvmRail:
        _needed(self.settings.chain_rpc_url, "CHAIN_RPC_URL")
        return EvmRail(self.settings.chain_rpc_url, self.settings.chain_id, self.settings.confirmations)

    @cached_property
    def signer(self) -> SignerClient:
        _needed(self.settings.signer_url, "SIGNER_URL")
        return SignerClient(self.settings.signer_url, self.settings.signer_token)

    @cached_property
    def bank(self) -> BankRail:
        _needed(self.settings.bank_url, "BANK_URL")
        return BankRail(self.settings.bank_url, self.settings.bank_token)

    @cached_property
    def desk(self) -> LiquidityDesk:
        _needed(self.settings.desk_url, "DESK_URL")
        return LiquidityDesk(self.settings.desk_url, self.settings.desk_token)

    def close(self) -> None:
        """Close the connections of whatever was made."""
        for name in ("evm", "signer", "bank", "desk"):
            rail = self.__dict__.get(name)
            if rail is not None:
                rail.close()


def _needed(address: str, variable: str) -> None:
    if not address:
        raise NotConfigured(f"{variable} is not set, so there is nobody to talk to")


_rails = Rails(RailSettings())


def configure(settings: RailSettings) -> None:
    """Use these settings from now on."""
    use(Rails(settings))


def use(rails: Rails) -> Rails:
    """Use these rails from now on; gives back those before, for whoever puts them back."""
    global _rails
    before, _rails = _rails, rails
    return before


def rails() -> Rails:
    return _rails
