"""How much a benchmark does: the sizes that the issue asks for by default, tiny ones for the smoke test."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """A round ends after `seconds` or after `count` units per process, whichever comes first."""

    seconds: float
    count: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Scale:
    """`rounds` are counted; one more before them warms up. `house` is the number of wallets and of fee accounts each; `past`
    and `entries` count ledger entries that are there before anything is measured, `transfers` so many transfers, each with what it
    left. Each page is visited `page_visits` times in a round, over so many `page_transfers`."""

    budget: Budget = Budget(1.5)
    rounds: int = 7
    processes: tuple[int, ...] = (1, 4, 8)
    clients: int = 2_000
    house: int = 200
    past: int = 30_000
    batch: int = 60_000
    entries: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    hold_processes: int = 16
    hold_funds: int = 100
    events: int = 200_000
    workers: tuple[int, ...] = (1, 2, 4)
    transfers: tuple[int, ...] = (1_000, 10_000, 100_000)
    page_transfers: tuple[int, ...] = (3_000, 100_000)
    page_visits: int = 3
    every_nth_page: int = 1


LARGE_ENTRIES, LARGE_TRANSFERS = 10_000_000, 1_000_000
TINY = Scale(
    budget=Budget(30.0, count=5),
    rounds=1,
    processes=(2,),
    clients=10,
    house=3,
    past=30,
    batch=50,
    entries=(30, 60),
    hold_processes=3,
    hold_funds=4,
    events=40,
    workers=(1,),
    transfers=(20, 40),
    page_transfers=(900, 910),
    page_visits=2,
    every_nth_page=5,
)
