"""Processes that do the same thing at once, each with connections of its own, let go together by a barrier.

A side is named by the dotted path of a factory, `Seat -> (() -> None)`: it prepares what it needs and returns what does one unit.
One that waits for an outside world says for how long it did so far, as `waited_s`; one whose processor time is asked for says what
it took so far, as `processor_s`. All sides live in the same processes, so rounds of one and of the other follow each other with
nothing being started in between.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from operator import attrgetter
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import django
from django.utils.module_loading import import_string

from backoffice.bench.report import Figure
from backoffice.bench.scale import Budget

_GATE_TIMEOUT_S = 120.0
_LEAVE_TIMEOUT_S = 10.0


class CrewFailed(RuntimeError):
    """A process of the crew died; what it said is on standard error."""


class Gate(Protocol):
    def wait(self, timeout: float | None = None) -> int: ...


@dataclass(frozen=True, slots=True)
class Seat:
    """One process: the database it works in, its number in the crew, and what else its sides want to know."""

    database: str
    number: int
    wishes: Mapping[str, Any] = field(default_factory=dict)


class Share(NamedTuple):
    """How many units, in how many seconds, how many of those it waited for an outside world, and what it took of the processor."""

    done: int
    seconds: float
    waited_s: float = 0.0
    processor_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """What each process did."""

    shares: tuple[Share, ...]

    @property
    def done(self) -> int:
        return sum(share.done for share in self.shares)

    @property
    def rate(self) -> float:
        return sum(share.done / share.seconds for share in self.shares)

    @property
    def waited_s(self) -> float:
        return sum(share.waited_s for share in self.shares)

    @property
    def own_rate(self) -> float:
        """What the rate would be if the outside answered at once."""
        return sum(share.done / (share.seconds - share.waited_s) for share in self.shares)

    @property
    def per_processor_s(self) -> float:
        """Units for a second of processor time, however long it took to get it."""
        return self.done / sum(share.processor_s for share in self.shares)


@dataclass(slots=True)
class Crew:
    pipes: Sequence["Connection[Any, Any]"]
    done: dict[str, int] = field(default_factory=dict)

    def round(self, side: str, budget: Budget) -> Round:
        """One round of `side` in all processes; raises CrewFailed when one of them ended."""
        try:
            for pipe in self.pipes:
                pipe.send((side, budget))
            found = Round(tuple(pipe.recv() for pipe in self.pipes))
        except (EOFError, BrokenPipeError) as error:
            raise CrewFailed(f"a process ended while it did {side!r}") from error
        self.done[side] = self.done.get(side, 0) + found.done
        return found


@contextmanager
def crew(sides: Mapping[str, str], seats: Sequence[Seat]) -> Iterator[Crew]:
    """One process per seat, each prepared to do every one of `sides` (name: dotted path of the factory)."""
    spawn = multiprocessing.get_context("spawn")
    gate = spawn.Barrier(len(seats), timeout=_GATE_TIMEOUT_S)
    ends = [spawn.Pipe() for _ in seats]
    processes = [
        spawn.Process(target=_work, args=(seat, dict(sides), theirs, gate), daemon=True)
        for seat, (_, theirs) in zip(seats, ends, strict=True)
    ]
    try:
        for process, (_, theirs) in zip(processes, ends, strict=True):
            process.start()
            # The child has its own; ours would keep the pipe open after its death.
            theirs.close()
        yield Crew([ours for ours, _ in ends])
    except BaseException:
        # Some may stand at a gate to which the others never come.
        for process in processes:
            process.kill()
        raise
    finally:
        for ours, _ in ends:
            ours.close()
        for process in processes:
            process.join(_LEAVE_TIMEOUT_S)
            process.kill()


def interleaved(
    crew_of: Mapping[str, tuple[Crew, str]],
    *,
    unit: str,
    rounds: int,
    budget: Budget,
    rate_of: Callable[[Round], float] = attrgetter("rate"),
    kept: dict[str, list[Round]] | None = None,
) -> dict[str, Figure]:
    """Measure each name (a crew and one of its sides) in turn, `rounds` times after one that warms up, and turn the order round
    each time, so that neither a slow minute nor the place in the order favours anybody. The rounds themselves go into `kept`."""
    measured: dict[str, list[Round]] = {} if kept is None else kept
    for number in range(rounds + 1):
        for name in crew_of if number % 2 else reversed(list(crew_of)):
            member, side = crew_of[name]
            found = member.round(side, budget)
            if number:
                measured.setdefault(name, []).append(found)
    return {name: Figure(name, unit, tuple(map(rate_of, measured[name]))) for name in crew_of}


def _work(seat: Seat, sides: dict[str, str], pipe: "Connection[Any, Any]", gate: Gate) -> None:
    """The life of one process: prepare, then one round per message, until the pipe closes."""
    # Ctrl-C reaches the whole group; the parent sees to us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    from django.db import connection

    from audit.context import Actor, bind

    connection.settings_dict["NAME"] = seat.database
    with bind(Actor.system("bench"), correlation_id=f"bench {seat.number}"):
        doers = {name: import_string(path)(seat) for name, path in sides.items()}
        # Whoever started us is gone when the pipe breaks: nothing is left to do.
        with suppress(EOFError, BrokenPipeError, ConnectionResetError):
            while True:
                side, budget = pipe.recv()
                gate.wait()
                pipe.send(_timed(doers[side], budget))


def _timed(do: Callable[[], None], budget: Budget) -> Share:
    done, start, waited_s, processor_s = 0, perf_counter(), _told(do, "waited_s"), _told(do, "processor_s")
    while done < budget.count and perf_counter() - start < budget.seconds:
        do()
        done += 1
    return Share(done, perf_counter() - start, _told(do, "waited_s") - waited_s, _told(do, "processor_s") - processor_s)


def _told(do: Callable[[], None], what: str) -> float:
    return float(getattr(do, what, 0.0))
