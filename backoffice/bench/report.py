"""What a benchmark found: figures, ratios with the least that is asked of each, and on which machine. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


class BenchBroken(RuntimeError):
    """The two sides did not do the same work, so comparing them says nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`rounds` holds one rate per round, in `unit` per second, in the order in which they were measured."""

    name: str
    unit: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.rounds)

    @property
    def best(self) -> float:
        return max(self.rounds)

    def as_dict(self) -> dict[str, Any]:
        per_second = {"median": round(self.median, 1), "best": round(self.best, 1)}
        return {"name": self.name, "unit": f"{self.unit}/s", **per_second, "rounds": [round(rate, 1) for rate in self.rounds]}

    def __str__(self) -> str:
        return f"{self.name}: {self.median:,.0f} {self.unit}/s (best {self.best:,.0f})"


@dataclass(frozen=True, slots=True)
class Ratio:
    """`value` is the median of the ratios of rounds measured next to each other, so that a noisy minute weighs on both sides. Where
    `required` is 0 nothing is asked of it: it is there for comparison."""

    name: str
    value: float
    best: float
    required: float

    @classmethod
    def of(cls, name: str, ours: Figure, floor: Figure, required: float) -> "Ratio":
        pairs = [our / its for our, its in zip(ours.rounds, floor.rounds, strict=True)]
        return cls(name, median(pairs), ours.best / floor.best, required)

    @property
    def holds(self) -> bool:
        return self.value >= self.required

    def as_dict(self) -> dict[str, Any]:
        rounded = {"value": round(self.value, 3), "best": round(self.best, 3)}
        return {"name": self.name, **rounded, "required": self.required, "holds": self.holds}

    def __str__(self) -> str:
        verdict = f"at least {self.required:g}: {'holds' if self.holds else 'MISSED'}" if self.required else "for comparison"
        return f"{self.name}: {self.value:.2f} (of the best rounds {self.best:.2f}), {verdict}"


@dataclass(frozen=True, slots=True)
class Report:
    """`facts` are counts that show that both sides did the same; `notes` say how to read the figures."""

    name: str
    machine: dict[str, Any]
    figures: Sequence[Figure]
    ratios: Sequence[Ratio]
    facts: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        return all(ratio.holds for ratio in self.ratios)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {
            "holds": self.holds,
            "figures": [figure.as_dict() for figure in self.figures],
            "ratios": [ratio.as_dict() for ratio in self.ratios],
        }

    def lines(self) -> list[str]:
        """The same for people: one line per figure, ratio, fact and note."""
        machine = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        facts = [f"{name}: {value}" for name, value in self.facts.items()]
        found = [*map(str, self.figures), *map(str, self.ratios), *facts, *self.notes]
        return [f"{self.name} ({machine})", *(f"  {line}" for line in found)]
