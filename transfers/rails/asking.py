"""Asking several at once and waiting for none of them longer than there is time.

Each question runs in a daemon thread of its own: one that hangs delays neither the others nor the end of this process. Questions
touch no database; whoever asks keeps the record.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from transfers.rails.base import RailError, RetryableError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """What came of one question: a value or an error. `is_late` when nothing came within the budget."""

    value: T | None
    error: RailError | None
    elapsed_ms: int
    is_late: bool = False


def ask_all(questions: Mapping[str, Callable[[], T]], *, budget_s: float) -> dict[str, Heard[T]]:
    """Put every question at once; back after `budget_s` seconds at most, or when all have been answered. In the order given."""
    answers: queue.SimpleQueue[tuple[str, Heard[T]]] = queue.SimpleQueue()
    started = time.monotonic()
    for name, question in questions.items():
        # Each in the caller's context: correlation and clock are the same there.
        asking = partial(copy_context().run, _ask, name, question, answers)
        threading.Thread(target=asking, name=f"ask {name}", daemon=True).start()
    heard: dict[str, Heard[T]] = {}
    while len(heard) < len(questions):
        left_s = started + budget_s - time.monotonic()
        try:
            name, answer = answers.get(timeout=max(left_s, 0.0))  # seconds
        except queue.Empty:
            break
        heard[name] = answer
    return {name: heard.get(name) or _late(budget_s) for name in questions}


def _ask(name: str, question: Callable[[], T], answers: "queue.SimpleQueue[tuple[str, Heard[T]]]") -> None:
    started = time.monotonic()
    try:
        value, error = question(), None
    except RailError as known:
        value, error = None, known
    except Exception as surprise:  # noqa: BLE001 - a broken adapter costs its own answer, not those of the others.
        value, error = None, RetryableError(f"its adapter broke: {surprise!r}")
    answers.put((name, Heard(value, error, int((time.monotonic() - started) * 1000))))


def _late(budget_s: float) -> Heard[T]:
    words = f"no answer within {budget_s:g} seconds"
    return Heard(None, RetryableError(words), int(budget_s * 1000), is_late=True)
