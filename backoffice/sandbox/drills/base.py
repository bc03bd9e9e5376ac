"""What a drill is, and what a simulator must offer to have its faults on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Unreachable(Exception):
    """The simulator does not answer."""


class NotArmed(Exception):
    """The simulator refuses the order; the message is its sentence."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to choose; `usual` is what stands in the form, `choices` are value and words where there are only some."""

    name: str
    label: str
    usual: str
    help: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the console."""

    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """In plain words: `happens` outside, what the operator should `see`, and the page `where` it is seen. A `counted` one happens
    so often; any other at once, or until it is called off."""

    kind: str
    title: str
    happens: str
    see: str
    where: Place
    settings: tuple[Setting, ...] = ()
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Armed:
    """An order in force; `said` tells its settings and how often it will still happen."""

    id: str
    kind: str
    said: str


class Source(Protocol):
    """A simulator. Every method may raise Unreachable."""

    @property
    def name(self) -> str:
        """In addresses and the audit trail."""

    @property
    def title(self) -> str:
        """For people."""

    @property
    def drills(self) -> Sequence[Drill]:
        """What it can do wrong, in the order of the page."""

    def armed(self) -> Sequence[Armed]:
        """Orders in force, oldest first."""

    def arm(self, kind: str, settings: Mapping[str, str], times: str) -> str:
        """The new order's id; `times` empty is the simulator's own choice. Raises NotArmed."""

    def call_off(self, order_id: str) -> None:
        """Raises NotArmed for an order it does not have."""
