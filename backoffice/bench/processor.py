"""Processor time that a piece of work costs, in this process and in the one of the server that serves its connection: what is left
of a busy machine's clock when waiting for a turn is taken off it. Linux counts it for every process, in nanoseconds."""

from pathlib import Path
from time import process_time

from django.db import connection

from backoffice.bench.report import BenchBroken

_NANO = 1e-9


class Processor:
    """Of the thread's connection, whichever process serves it; what parallel workers of the server take is not in it."""

    def __init__(self) -> None:
        self._backend, self._seen_s, self._earlier_s = 0, 0.0, 0.0

    def spent_s(self) -> float:
        """Seconds so far. Raises BenchBroken where the server's processes cannot be seen."""
        connection.ensure_connection()
        backend: int = connection.connection.info.backend_pid
        if backend != self._backend:
            # The one before is gone, with what it took since it was last looked at.
            self._backend, self._earlier_s = backend, self._earlier_s + self._seen_s
        self._seen_s = _of(backend)
        return process_time() + self._earlier_s + self._seen_s


def _of(process: int) -> float:
    try:
        ran = Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[0]
    except OSError as away:
        raise BenchBroken("the processor time of the server cannot be read: it has to run on this machine, on Linux") from away
    return int(ran) * _NANO
