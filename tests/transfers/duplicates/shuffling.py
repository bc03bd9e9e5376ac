"""Everything is said again, in any order, and what was said is counted: no test here may claim to repeat what it does not."""

import functools
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from random import Random
from types import CodeType, FrameType
from typing import Any

import pytest
from django.db import connection, transaction

from approvals.errors import ApprovalsError
from approvals.models import ApprovalRequest, Person
from backoffice.campaign import invariants
from ledger.models import LedgerTransaction
from tests.transfers.levels import vote_on
from tests.transfers.within import broken_proofs
from tests.transfers.world import LONG_AGO
from transfers import driver
from transfers.errors import TransferError
from transfers.models import Transfer
from transfers.rebuilding import apart

REFUSED = (TransferError, ApprovalsError)
Deed = Callable[[], object]
SEEDS = range(2)


def shuffled(seed: int, deeds: Sequence[Deed], *, again: int = 2) -> None:
    """Each deed so many times, in an order of its own; a refusal says that there is nothing to do, or nothing more. Then all of
    them in their order until everything is at its end, and once more after that."""
    every = [*deeds] * again
    Random(seed).shuffle(every)
    for deed in (*every, *deeds, *deeds, *deeds):
        with suppress(*REFUSED), transaction.atomic():
            deed()


def covers(*things: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test repeats these commands, tasks and views; it fails when one of them is called less than twice."""

    def around(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def counted(*args: Any, **kwargs: Any) -> None:
            with counting() as called:
                test(*args, **kwargs)
            lacking = {name_of(thing): called[code_of(thing)] for thing in things if called[code_of(thing)] < 2}
            assert not lacking, f"said less than twice: {lacking}"

        counted.covers = things  # type: ignore[attr-defined]
        return counted

    return around


def code_of(thing: Any) -> CodeType:
    """Of a function behind its decorators, or of a task."""
    function = thing.run if hasattr(thing, "delay") else thing
    code: CodeType = inspect.unwrap(function).__code__
    return code


def name_of(thing: Any) -> str:
    if hasattr(thing, "delay"):
        return str(thing.name)
    function = inspect.unwrap(thing)
    return f"{function.__module__}.{function.__qualname__}"


@contextmanager
def counting() -> Iterator[Counter[CodeType]]:
    """How often each function is called in this thread."""
    called: Counter[CodeType] = Counter()

    def notice(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            called[frame.f_code] += 1

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        yield called
    finally:
        sys.setprofile(before)


def drive_all() -> None:
    Transfer.objects.filter(due_at__isnull=False).update(due_at=LONG_AGO)
    driver.run_due(20)


def everybody_votes(action: str, *people: Person) -> list[Deed]:
    """Each of them, on whatever was asked for of this kind, decided or not."""
    return [functools.partial(_vote, action, person) for person in people]


def _vote(action: str, person: Person) -> None:
    for request in ApprovalRequest.objects.filter(action=action):
        with suppress(*REFUSED), transaction.atomic():
            vote_on(request, person)


def booked() -> Counter[str]:
    return Counter(LedgerTransaction.objects.exclude(kind="opening_balance").values_list("kind", flat=True))


@contextmanager
def the_api_inside() -> Iterator[None]:
    """The API's transaction is durable, and would refuse to be inside of a test's."""
    with pytest.MonkeyPatch.context() as patched:
        enter = transaction.Atomic.__enter__

        def durable_or_not(block: Any) -> None:
            block.durable = False
            enter(block)

        patched.setattr(transaction.Atomic, "__enter__", durable_or_not)
        yield


def nothing_is_broken() -> None:
    """By every proof of the books, by the events of each transfer, and by every invariant that a campaign asks for."""
    assert broken_proofs() == []
    differ = (apart(one) for one in Transfer.objects.values_list("pk", flat=True))
    assert [found for found in differ if found] == []
    with connection.cursor() as cursor:
        for number, name, sql in invariants.invariants():
            cursor.execute(sql)
            assert cursor.fetchall() == [], f"{number} {name}"
