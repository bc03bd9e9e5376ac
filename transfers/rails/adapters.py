"""What the module of a provider declares about itself, once (R1). Registry, gate, breakers, quotas, probing, corridors, the record
of the wire and the catalogue of failures read it here; none of them knows a provider by name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from transfers.rails.base import Recorder
from transfers.rails.desk_order import DeskOrder
from transfers.rails.inbox import Inbox
from transfers.rails.settings import RailSettings

# The verbs of every rail (transfers.rails.base).
VERBS = frozenset({"quote", "reserve", "submit", "status", "cancel"})


class Kind(StrEnum):
    """What a provider is to us."""

    DESK = "desk"
    MANUAL = "manual"
    CHAIN = "chain"
    SIGNER = "signer"
    BANK = "bank"
    PSP = "psp"


# Beside the five verbs: what the steps of our routes ask of a provider of the kind.
ASKED_OF: dict[Kind, frozenset[str]] = {
    Kind.DESK: frozenset(),
    Kind.MANUAL: frozenset(),
    Kind.CHAIN: frozenset({"broadcast", "find", "head", "logs", "receipts", "estimate_fees", "nonces", "used_nonces", "simulate"}),
    Kind.SIGNER: frozenset({"sign_transfer", "sign_sweep", "sign_cancel", "gas_caps", "deposit_address"}),
    Kind.BANK: frozenset({"submit_many", "recall", "recall_status", "statements"}),
    Kind.PSP: frozenset({"authorise", "capture", "refund", "find", "settlements"}),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """One provider as it was configured. Calls, breakers, quotas, halts and exchanges name it by `code`."""

    code: str
    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What a provider may be asked about when it is tried out: a reference that no order has, and a small conversion in which it
    deals, where there is one."""

    reference: str
    order: DeskOrder | None = None


Build = Callable[[Connection, RailSettings, Recorder], Any]
Probe = Callable[[Any, Sample], Callable[[], object] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One language that providers speak. Methods are named as those of what `build` makes.

    `named` gives the connections that have settings of their own, of which `setting` is the first; others come by PROVIDERS, unless
    it `is_single`. `verbs` are those of the five that it has; each other one raises NotOffered. `probe` gives a question that moves
    nothing, or None where nothing can be asked.

    Methods that begin something outside are `new_work`: they ask the gate first. Where the provider counts questions as well it is
    `paced`, and what is about money that is `under_way` uses the quota up and never waits. `here` calls nobody. One that is asked
    `in_rounds` is admitted by who asks them all at once. Of one that is `read_all_the_time` only what failed or is about a transfer
    is worth a record. Messages that it sends us by itself are read by its `inbox`; without one they are signed by the scheme of
    Standard Webhooks.
    """

    name: str
    kind: Kind
    build: Build
    named: Callable[[RailSettings], Iterable[Connection]]
    setting: str
    verbs: frozenset[str]
    probe: Probe
    new_work: frozenset[str] = frozenset()
    under_way: frozenset[str] = frozenset()
    here: frozenset[str] = frozenset()
    paced: bool = False
    in_rounds: bool = False
    read_all_the_time: bool = False
    is_single: bool = False
    inbox: Inbox | None = None
