"""Several at once, inside the budget: told apart by barriers and events, not by clocks."""

import threading
import time
from collections.abc import Iterator

import pytest

from transfers.rails.asking import ask_all
from transfers.rails.base import RetryableError, TerminalError

LONG_S = 20.0


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a hung provider waits for; set at the end, so that no thread stays."""
    event = threading.Event()
    yield event
    event.set()


def test_they_are_all_asked_before_any_of_them_has_answered() -> None:
    together = threading.Barrier(5, timeout=LONG_S)

    heard = ask_all({str(number): together.wait for number in range(5)}, budget_s=LONG_S)

    assert sorted(answer.value for answer in heard.values() if answer.value is not None) == [0, 1, 2, 3, 4]


def test_one_that_hangs_costs_the_budget_and_no_more(never: threading.Event) -> None:
    started = time.monotonic()
    heard = ask_all({"hung": never.wait, "quick": lambda: True}, budget_s=0.2)

    assert 0.2 <= time.monotonic() - started < LONG_S
    assert (heard["quick"].value, heard["hung"].value, heard["hung"].is_late) == (True, None, True)


def test_when_all_have_answered_nobody_waits_for_the_budget() -> None:
    started = time.monotonic()
    ask_all({"a": lambda: 1, "b": lambda: 2}, budget_s=LONG_S)
    assert time.monotonic() - started < LONG_S / 2


def test_errors_are_answers_and_a_broken_adapter_harms_nobody_else() -> None:
    def refuse() -> int:
        raise TerminalError("not that pair")

    def break_down() -> int:
        raise KeyError("oops")

    heard = ask_all({"refuses": refuse, "broken": break_down, "fine": lambda: 7}, budget_s=LONG_S)

    assert list(heard) == ["refuses", "broken", "fine"]
    assert isinstance(heard["refuses"].error, TerminalError)
    assert isinstance(heard["broken"].error, RetryableError)
    assert "KeyError" in str(heard["broken"].error)
    assert heard["fine"].value == 7


def test_nobody_to_ask_is_no_wait() -> None:
    assert ask_all({}, budget_s=LONG_S) == {}
