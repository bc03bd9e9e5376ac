"""Where tests stand decides which worker of pytest-xdist begins with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.order import arrange

HERE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Item:
    """As much of a test as the order asks for."""

    name: str
    path: Path = HERE / "ledger" / "test_money.py"
    fixturenames: tuple[str, ...] = ()
    seconds: int = 0

    def get_closest_marker(self, name: str) -> Any:
        return getattr(pytest.mark, name)(self.seconds).mark if self.seconds else None


SHORT: list[Any] = [Item(f"short-{number}") for number in range(20)]
CAMPAIGN, QUICKSTART, BENCH = Item("campaign", seconds=250), Item("quickstart", seconds=55), Item("bench", seconds=25)
IN_THE_SANDBOX = [Item(f"stack-{number}", HERE / "stack" / "test_halts.py", ("stack",)) for number in range(4)]
OUTSIDE = [Item(f"chain-{number}", HERE / "transfers" / "chain" / "test_reorg.py", ("stack",)) for number in range(2)]
ALL: list[Any] = [*SHORT[:10], BENCH, *SHORT[10:], *OUTSIDE, CAMPAIGN, *IN_THE_SANDBOX, QUICKSTART]


def _shares(workers: int) -> list[list[Any]]:
    found, rest = [], arrange(ALL, workers)
    for others in range(workers, 0, -1):
        size = len(rest) // others
        found.append(rest[:size])
        rest = rest[size:]
    return found


def test_with_three_workers_each_begins_with_something_else_that_is_long() -> None:
    first, second, third = _shares(3)
    assert first[:4] == IN_THE_SANDBOX
    assert second[0] == CAMPAIGN
    assert third[:4] == [QUICKSTART, BENCH, *OUTSIDE]


def test_with_two_workers_one_has_the_sandbox_and_the_other_what_is_long() -> None:
    first, second = _shares(2)
    assert first[:4] == IN_THE_SANDBOX
    assert second[:5] == [CAMPAIGN, QUICKSTART, BENCH, *OUTSIDE]


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 40])
def test_every_test_is_run_once(workers: int) -> None:
    assert sorted(arrange(ALL, workers), key=str) == sorted(ALL, key=str)


def test_without_the_sandbox_the_first_worker_has_its_part_of_what_is_long() -> None:
    given: list[Any] = [*SHORT, BENCH, CAMPAIGN]
    arranged: list[Any] = arrange(given, 2)
    assert [arranged[0], arranged[11]] == [CAMPAIGN, BENCH]


def test_the_rest_keeps_its_order() -> None:
    assert [item for item in arrange(ALL, 3) if item in SHORT] == SHORT
