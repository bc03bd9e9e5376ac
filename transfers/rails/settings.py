"""Where everybody is that we talk to: plain data, handed in by the floor above when the application starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Address:
    """Where one provider takes questions, and the token it gave us."""

    url: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Further:
    """A provider beyond those that have settings of their own: which adapter speaks its language, and where it is."""

    adapter: str
    address: Address


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
    desks: Mapping[str, Address] = field(default_factory=dict)
    desk_timeout_s: float = 3.0
    rates_url: str = ""
    rates_token: str = ""
    psp_url: str = ""
    psp_token: str = ""
    signer_url: str = ""
    signer_token: str = ""
    # By the provider's code.
    providers: Mapping[str, Further] = field(default_factory=dict)
