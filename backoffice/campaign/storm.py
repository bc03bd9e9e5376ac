"""One run: scout which process meets which crash point, shoot every one of them there, heal, and leave the proof to others.

What a shot process was working on is taken over by whoever comes next, in the middle of the next shot: so most crashes meet the
remains of the one before.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from backoffice.campaign import halt, weather
from backoffice.campaign.crowd import RIVAL, Crowd
from backoffice.campaign.hands import BEGIN, DRIVE, PEOPLE
from backoffice.campaign.processes import Nursery, look, paused, wait
from backoffice.campaign.shots import Cell, How, Shot
from backoffice.campaign.works import Work
from transfers.crashpoints import ALL
from transfers.states import Route

ATTEMPTS = 25
ATTEMPTS_AT_ITS_DEPTH = 5
OTHERS_EVERY = 3
RIVAL_HAS_S = 1.0
HEALED_WITHIN_S = 300.0


class NotHealed(AssertionError):
    """Left alone, not everything came to rest."""


@dataclass(slots=True)
class Storm:
    """`tag` names this run's work. `fired` counts hits by shot without its `nth`; `elsewhere` are the shots that hit their point on
    another kind of work than planned, `missed` those that hit nothing; `halts` counts the times that everything stood still."""

    nursery: Nursery
    scrap: Path
    dice: Random
    tag: str
    works: Iterable[Work]
    say: Callable[[str], object] = print
    fired: dict[tuple[Cell, How], int] = field(default_factory=dict)
    missed: list[Shot] = field(default_factory=list)
    elsewhere: list[Shot] = field(default_factory=list)
    halts: int = 0
    crowds: dict[str, Crowd] = field(default_factory=dict)
    last: Crowd | None = None

    def __post_init__(self) -> None:
        self.crowds = {work.name: Crowd(self.nursery, work, f"{self.tag}/{work.name}") for work in self.works}

    @property
    def transfers(self) -> int:
        """Pieces of work asked for so far."""
        return sum(crowd.begun for crowd in self.crowds.values())

    # --- finding out ---

    def scout(self) -> list[Cell]:
        """Take two pieces of every work through the house unharmed; which process met which point, in the order of their work."""
        return [cell for crowd in self.crowds.values() for cell in self._scout(crowd)]

    def _scout(self, crowd: Crowd) -> list[Cell]:
        logs = {hand: self.scrap / f"{crowd.work.name}.{hand}.points" for hand in crowd.hands}
        crowd.ask_for(2)
        deadline = time.monotonic() + HEALED_WITHIN_S
        while crowd.lacking() or crowd.in_flight():
            _in_time(deadline, crowd)
            for hand, log in logs.items():
                wait(crowd.process(hand, {"COUNTERSIGN_CRASH_LOG": str(log)}))
                if hand == DRIVE.name:
                    # What it has only just confirmed is looked at once more before others prove it.
                    weather.hasten()
                    wait(crowd.process(hand, {"COUNTERSIGN_CRASH_LOG": str(log)}))
            weather.hasten()
        return [Cell(crowd.work.name, hand, point) for hand, log in logs.items() for point in _points(log)]

    @staticmethod
    def unreached(cells: Iterable[Cell]) -> list[str]:
        """Crash points in the code that no work leads to."""
        return sorted(set(ALL) - {cell.point for cell in cells})

    def routes_without_work(self) -> list[str]:
        """Routes that nothing begun here went."""
        gone = {route for crowd in self.crowds.values() for route in crowd.routes()}
        return [f"route {route.value}" for route in Route if route not in gone]

    # --- shooting ---

    def fire(self, *places: Shot, tries: int = ATTEMPTS) -> bool:
        """Shoot in one place after the other until it hits, so many times in each but the last."""
        *others, last = places
        hit = next((shot for shot in others if self._hits(shot, tries)), None)
        if hit is None and not self._hits(last, ATTEMPTS):
            self.missed.append(last)
            return False
        if hit is not places[0] and len(places) > 1:
            self.elsewhere.append(places[0])
        return True

    def stand_still(self) -> None:
        """Everything is halted while everybody takes a pass, with work before them; then two people let it go on."""
        crowd = self.last or next(iter(self.crowds.values()))
        crowd.ask_for(1)
        with halt.everything():
            crowd.everybody_passes()
        self.halts += 1

    def _hits(self, shot: Shot, attempts: int) -> bool:
        """Between two tries the others go on, so that there is something to hit. Where a process does not pass a point as often as
        the shot asks, it is hit the first time."""
        crowd = self.crowds[shot.cell.work]
        self._turn_to(crowd)
        for attempt in range(attempts):
            if attempt == ATTEMPTS_AT_ITS_DEPTH:
                shot = shot.the_first_time()
            self._prepare(crowd, shot, attempt)
            if self._shoot(crowd, shot):
                self.fired[shot.cell, shot.how] = self.fired.get((shot.cell, shot.how), 0) + 1
                return True
        return False

    def _turn_to(self, crowd: Crowd) -> None:
        """Work that is in others' way comes to its end before they have their turn."""
        if self.last is not None and self.last is not crowd and self.last.work.blocks_others:
            _heal(self.last)
        self.last = crowd

    def _prepare(self, crowd: Crowd, shot: Shot, attempt: int) -> None:
        """See to it that the shot has something to hit: work that nobody has touched yet, or time for what is on its way."""
        begins_with_people = shot.cell.hand == PEOPLE and attempt == 0
        if shot.cell.hand == BEGIN:
            # What some work begins with is made ready by others: they must have had their turn.
            if attempt % OTHERS_EVERY == OTHERS_EVERY - 1:
                crowd.everybody_passes(BEGIN)
            crowd.ask_for(shot.nth)
        elif attempt % 2 or begins_with_people:
            crowd.ask_for(shot.nth)
            crowd.pass_of(BEGIN)
            weather.hasten()
        elif attempt:
            crowd.everybody_passes(shot.cell.hand)

    def _shoot(self, crowd: Crowd, shot: Shot) -> bool:
        log = self.scrap / "shot.points"
        log.unlink(missing_ok=True)
        pid = crowd.process(shot.cell.hand, {"COUNTERSIGN_CRASH": shot.order, "COUNTERSIGN_CRASH_LOG": str(log)})
        if wait(pid).stopped:
            self._overtake(crowd, shot, pid)
        weather.let_leases_lapse()
        return f"{shot.cell.point}!" in _points(log)

    def _overtake(self, crowd: Crowd, shot: Shot, pid: int) -> None:
        """While it sleeps its leases lapse and a rival takes its work; then it wakes and goes on where it was."""
        with paused(pid):
            weather.let_leases_lapse()
            rival = crowd.process(shot.cell.hand, {}, limit=RIVAL)
            over = look(rival, RIVAL_HAS_S)
        wait(pid)
        if over is None:
            wait(rival)

    # --- healing ---

    def heal(self) -> None:
        """Nobody is shot any more. Raises NotHealed when something does not come to rest."""
        for crowd in sorted(self.crowds.values(), key=lambda one: not one.work.blocks_others):
            _heal(crowd)


def _heal(crowd: Crowd) -> None:
    deadline = time.monotonic() + HEALED_WITHIN_S
    while crowd.lacking() or crowd.in_flight():
        _in_time(deadline, crowd)
        crowd.everybody_passes()


def _in_time(deadline: float, crowd: Crowd) -> None:
    if time.monotonic() > deadline:
        raise NotHealed("; ".join(crowd.strays()) or f"{crowd.lacking()} pieces of {crowd.work.name} were never begun")


def _points(log: Path) -> list[str]:
    """Each name once, in the order of their first appearance."""
    return list(dict.fromkeys(log.read_text(encoding="ascii").split())) if log.exists() else []


def new_tag(seed: int) -> str:
    """Of this run alone, also when the same seed ran on the same database before."""
    return f"campaign/{seed}-{os.getpid()}-{time.time_ns() % 10**9}"
