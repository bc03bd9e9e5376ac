"""One transfer from the API to CONFIRMED, twice: through our application and driver, and as the bare functions of the recording.

Each factory takes a seat and returns what does one unit (see backoffice.bench.crew). Every process orders for a client of its own;
wallet, gas, limits and counters are shared by all.
"""

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

from celery import current_app

from backoffice.bench.crew import Seat
from backoffice.bench.pipeline import floor
from backoffice.bench.pipeline.house import application, order
from backoffice.bench.pipeline.outside import leading_to
from backoffice.bench.pipeline.shapes import Recording
from backoffice.bench.processor import Processor
from backoffice.bench.report import BenchBroken
from backoffice.bench.scratch import connect
from transfers import driver
from transfers.models import Transfer
from transfers.states import Status

# A transfer is claimed twice: until it is sent, and when the chain has had time. One more catches up.
CLAIMS = 3
# Beyond those of the past.
FIRST_NONCE = 2 * 10**9
_DRAINED_WITHIN_S = 60.0


class Ours:
    """Orders one and drives what is due, as a worker does. At any moment a few are on their way, waiting for the chain."""

    def __init__(self, seat: Seat) -> None:
        self._open = ExitStack()
        self._open.enter_context(quiet())
        self._watch = self._open.enter_context(leading_to(seat.wishes["rails"]))
        self._caller = seat.wishes["callers"][seat.number]
        self._app = application()
        self._processor = Processor()

    def __call__(self) -> None:
        order(self._app, self._caller)
        driver.run_due(CLAIMS)

    @property
    def waited_s(self) -> float:
        return self._watch.waited_s

    @property
    def processor_s(self) -> float:
        """Of the worker and of the server process that serves it; signer and chain have their own."""
        return self._processor.spent_s()


def drain(seat: Seat) -> Callable[[], None]:
    """Drives what is on its way until nothing is. Raises BenchBroken when something does not arrive."""

    def every() -> None:
        deadline = time.monotonic() + _DRAINED_WITHIN_S
        while (left := Transfer.objects.exclude(status=Status.CONFIRMED)).exists():
            if time.monotonic() > deadline:
                raise BenchBroken(f"process {seat.number} cannot bring {left.count()} transfers to their end")
            if driver.run_due() == 0:
                time.sleep(0.02)

    return every


def bare(seat: Seat) -> Callable[[], None]:
    """The floor: one call per commit, prepared, over psycopg alone."""
    session, recording = connect(seat.database), _recording_of(seat)
    statements = [f"SELECT {name}(%s, %s)" for name in floor.functions(recording)]
    numbers = count(FIRST_NONCE + seat.number * 10**7)

    def one() -> None:
        names, nonce = floor.new_names(recording), next(numbers)
        for statement in statements:
            session.execute(statement, (names, nonce))

    return one


def _recording_of(seat: Seat) -> Recording:
    found: Recording = seat.wishes["recordings"][seat.number]
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Nobody reads these logs, and no broker listens: hints cost what they cost when it is away."""
    before, broker = logging.root.manager.disable, current_app.conf["broker_url"]
    logging.disable(logging.WARNING)
    current_app.conf["broker_url"] = "redis+socket:///nonexistent"
    try:
        with warnings.catch_warnings():
            # The application misses its static files, which nobody asks for here.
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        current_app.conf["broker_url"] = broker
