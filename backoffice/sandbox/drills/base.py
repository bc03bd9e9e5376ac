"""What a drill is, and what a simulator must offer to have its faults on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Unreachable(Exception):
    """The simulator does not answer."""


class NotArmed(Exception):
    """The simulator refuses the order; the message is its sentence."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to choose; `usual` is what stands in the form."""

    name: str
    label: str
    usual: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the console."""

    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """In plain words: `happens` outside, what the operator should `see`, and the page `where` it is seen. A `lasting` one holds
    until it is called off; any other happens so often."""

    kind: str
    title: str
    happens: str
    see: str
    where: Place
    settings: tuple[Setting, ...] = ()
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Armed:
    """An order in force. `times` None: until it is called off."""

    id: str
    kind: str
    settings: Mapping[str, str]
    times: int | None
    used: int

    @property
    def left(self) -> str:
        if self.times is None:
            return f"until it is called off; happened {_times(self.used)}"
        return f"{_times(self.times - self.used)} more; happened {_times(self.used)}"


def _times(count: int) -> str:
    return {0: "not yet", 1: "once"}.get(count, f"{count} times")


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
