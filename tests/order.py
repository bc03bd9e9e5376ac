"""In which order the tests stand, so that several workers of pytest-xdist are done at about the same time.

`--dist worksteal` gives each worker a share of its own to begin with, one after the other in the order of collection; whoever is
done takes half of what another has left, from its end. So what must not come last stands where a share begins.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

_SANDBOX = Path(__file__).parent / "stack"


def arrange(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests that share the running sandbox stand first, where one worker starts it once. Those marked `long` begin the other
    shares, the longest first, each where least is to be done so far; and so do those that share processes of the outside."""
    sandbox = [item for item in items if _shares_processes(item) and item.path.parent == _SANDBOX]
    outside = [item for item in items if _shares_processes(item) and item.path.parent != _SANDBOX]
    long = sorted((item for item in items if _seconds(item) and not _shares_processes(item)), key=_seconds, reverse=True)
    others = (item for item in items if not _seconds(item) and not _shares_processes(item))
    fronts = [sandbox, *([] for _ in range(workers - 1))]
    for group in (*([item] for item in long), outside):
        min(fronts[1 if sandbox else 0 :] or fronts, key=_load).extend(group)
    found = list[pytest.Item]()
    for front, share in zip(fronts, _shares(len(items), workers), strict=True):
        found += front
        found += islice(others, max(share - len(front), 0))
    return [*found, *others]


def _shares_processes(item: pytest.Item) -> bool:
    return "stack" in getattr(item, "fixturenames", ())


def _load(front: Sequence[pytest.Item]) -> int:
    return sum(map(_seconds, front))


def _seconds(item: pytest.Item) -> int:
    mark = item.get_closest_marker("long")
    return int(mark.args[0]) if mark else 0


def _shares(tests: int, workers: int) -> Iterator[int]:
    """How many each worker begins with: xdist.scheduler.worksteal, check_schedule."""
    for others in range(workers, 0, -1):
        share = tests // others
        tests -= share
        yield share
