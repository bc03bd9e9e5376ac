"""A process that may be killed, forked from the tests' own: it acts on the database of the test and on the rails configured there.

A fork costs milliseconds where a new interpreter costs seconds, and SIGKILL ends it just the same.
"""

import signal
from collections.abc import Callable
from pathlib import Path

from backoffice.campaign.processes import Nursery


def killed(act: Callable[[], object], scrap: Path, *, crash: str = "") -> bool:
    """Whether the process was killed while it acted, at the crash point `crash`; otherwise it ended well. `scrap` is where it may
    write what it says."""
    log = scrap / "process.log"
    fate = Nursery(log).run(act, role="", environment={"COUNTERSIGN_CRASH": crash})
    assert (fate.signal, fate.status) in ((signal.SIGKILL, 0), (0, 0)), log.read_text(encoding="utf-8")
    return fate.signal == signal.SIGKILL
