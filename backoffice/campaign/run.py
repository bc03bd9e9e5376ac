"""One run of a campaign from its seed to its verdict."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from audit import context
from audit.context import Actor
from backoffice.campaign import invariants, said, shots, weather, works
from backoffice.campaign.invariants import Broken
from backoffice.campaign.processes import Nursery
from backoffice.campaign.sealing import Sealing
from backoffice.campaign.shots import Cell, How
from backoffice.campaign.storm import NotHealed, Storm, new_tag
from backoffice.campaign.works import client
from transfers.crashpoints import ALL

TELL_EVERY = 50
# After so many shots everything stands still for a pass.
HALT_EVERY = 60
# After so many the sealer is struck at its next step.
SEAL_EVERY = 7
# Where a point is met by what happened to be there already, another place is sooner hit than the same one.
TRIES_ANYWHERE, TRIES_IN_ITS_PLACE = 4, 10


@dataclass(frozen=True, slots=True)
class Result:
    """`fired` counts hits per point and way, `left` the shots for which the time was too short, `elsewhere` names those that hit
    their point on another kind of work than planned, `halts` counts the times that everything stood still, `sealer` the strikes on
    the sealer by step and way, `taken_back` how often the chain took back what we had called confirmed, by kind of work; `broken`,
    `missed`, `unreached` and `stuck` are what a run fails for."""

    seed: int
    seconds: float
    transfers: int
    fired: dict[str, dict[str, int]]
    pairs: int = 0
    left: int = 0
    halts: int = 0
    elsewhere: list[str] = field(default_factory=list)
    sealer: dict[str, int] = field(default_factory=dict)
    taken_back: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    stuck: str = ""

    @property
    def holds(self) -> bool:
        return not (self.broken or self.missed or self.unreached or self.stuck)

    @property
    def crashes(self) -> int:
        return sum(sum(ways.values()) for ways in self.fired.values())

    def as_dict(self) -> dict[str, Any]:
        names = (
            "seed",
            "seconds",
            "transfers",
            "fired",
            "pairs",
            "left",
            "halts",
            "elsewhere",
            "sealer",
            "taken_back",
            "crashes",
            "broken",
            "missed",
            "unreached",
            "stuck",
            "holds",
        )
        return {name: getattr(self, name) for name in names}

    def lines(self) -> list[str]:
        ways = Counter[str]()
        for found in self.fired.values():
            ways.update(found)
        spread = ", ".join(f"{count} by {how}" for how, count in sorted(ways.items()))
        told = [f"  {self.crashes} crashes ({spread}) at {len(self.fired)} points, {self.pairs} pairs, {self.transfers} transfers"]
        told += [f"  {self.left} shots are left out: the time was up; another seed takes others"] if self.left else []
        told += [f"  {self.halts} times everything stood still"] if self.halts else []
        told += [f"  the chain took back {', '.join(f'{times} of {name}' for name, times in self.taken_back.items())}"
                 ] if self.taken_back else []  # fmt: skip
        told += [f"  the sealer was struck {sum(self.sealer.values())} times"] if self.sealer else []
        told += [f"  {len(self.elsewhere)} shots hit their point on another kind of work: {'; '.join(self.elsewhere)}"
                 ] if self.elsewhere else []  # fmt: skip
        told += [f"  BROKEN {text}" for text in self.broken]
        told += [f"  MISSED {text}: it never hit" for text in self.missed]
        told += [f"  UNREACHED {point}: no work of the campaign leads to it; register one in backoffice/campaign/works"
                 for point in self.unreached]  # fmt: skip
        told += [f"  STUCK {self.stuck}"] if self.stuck else []
        return [*told, f"  {'every invariant holds' if self.holds else 'FAILED'} after {self.seconds:.0f} s"]


@dataclass(frozen=True, slots=True)
class Scope:
    """`only` names kinds of work, none means all; after `minutes` nobody is shot any more, healed and proved is all the same."""

    short: bool = False
    only: Sequence[str] = ()
    minutes: float = math.inf


def run(scrap: Path, dice: Random, *, seed: int, scope: Scope, say: Callable[[str], object]) -> Result:
    """Scout, shoot, heal, prove. Raises ValueError for a kind of work that is not registered, and nothing for what it finds."""
    begun = time.monotonic()
    log = scrap / "processes.log"
    storm = Storm(Nursery(log), scrap, dice, new_tag(seed), works.every(scope.only), say)
    sealing = Sealing(storm.nursery)
    pairs, left, stuck, found, unreached = 0, 0, "", list[Broken](), list[str]()
    storm.nursery.warm_up()
    client.server()
    with context.bind(Actor.system("campaign")):
        before = invariants.outside_now()
        try:
            cells = storm.scout()
            unreached = [] if scope.only else [*storm.unreached(cells), *storm.routes_without_work()]
            so_far = time.monotonic() - begun
            say(f"  {len(cells)} places in {len(storm.crowds)} kinds of work, {len(ALL)} points ({so_far:.0f} s)")
            pairs, left = _shoot(storm, sealing, cells, scope, until=begun + 60 * scope.minutes)
            storm.heal()
        except NotHealed as error:
            stuck = str(error)
        finally:
            weather.clear()
        found = [*invariants.broken(before), *invariants.told_secrets(log), *invariants.unsealed(sealing)]
    return Result(
        seed=seed,
        seconds=round(time.monotonic() - begun, 1),
        transfers=storm.transfers,
        fired=_by_point(storm.fired),
        pairs=pairs,
        left=left,
        halts=storm.halts,
        elsewhere=[str(shot) for shot in storm.elsewhere],
        sealer=dict(sealing.struck),
        taken_back={name: times for name, crowd in storm.crowds.items() if (times := crowd.taken_back())},
        broken=[*(str(one) for one in found), *(f"an error that nobody planned: {text}" for text in said.unplanned(log))],
        missed=[str(shot) for shot in storm.missed],
        unreached=unreached,
        stuck=stuck,
    )


def _shoot(storm: Storm, sealing: Sealing, cells: list[Cell], scope: Scope, *, until: float) -> tuple[int, int]:
    """All singles work by work, then the pairs; how many pairs hit, and how many shots the time was too short for. Where it is
    short the order is the dice's, so that every seed takes others."""
    planned = shots.once_per_point(cells) if scope.short else shots.singles(cells, storm.dice)
    if scope.minutes < math.inf:
        storm.dice.shuffle(planned)
    for count, places in enumerate(planned):
        if time.monotonic() > until:
            return 0, len(planned) - count
        storm.fire(*places, tries=TRIES_ANYWHERE if scope.short else TRIES_IN_ITS_PLACE)
        if (count + 1) % TELL_EVERY == 0:
            storm.say(f"  {count + 1} shots, {storm.transfers} transfers")
        if (count + 1) % HALT_EVERY == 0:
            storm.stand_still()
        if (count + 1) % SEAL_EVERY == 0 and sealing.is_ours:
            sealing.strike()
    if scope.short:
        return 0, 0
    storm.heal()
    return sum(storm.fire(one) and storm.fire(two) for one, two in shots.pairs(cells, storm.dice)), 0


def _by_point(fired: dict[tuple[Cell, How], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (cell, how), count in fired.items():
        ways = found.setdefault(cell.point, {})
        ways[how.value] = ways.get(how.value, 0) + count
    return found
