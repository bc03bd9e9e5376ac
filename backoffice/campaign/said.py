"""What the processes of a campaign wrote down: an error that nobody planned is a fault, also where the next pass made it good."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from approvals.errors import AlreadyVoted, Halted, NotPending
from backoffice.campaign.sealing import BROKE_IT
from transfers.crashpoints import Crashed
from transfers.errors import Conflict

# A shot that raises, a strike on the sealer; answers to people who come too late, twice, or while everything stands still; and what
# a process finds that was stopped in the middle of a transaction, which the database does not keep open for it.
_PLANNED = (
    *(f"{kind.__module__}.{kind.__qualname__}: " for kind in (Crashed, Conflict, Halted, AlreadyVoted, NotPending)),
    BROKE_IT,
    "terminating connection due to idle-in-transaction timeout",
)
_BEGINS = "Traceback (most recent call last):"
_NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|[0-9A-HJKMNP-TV-Z]{26}|\d+", re.IGNORECASE)


def unplanned(log: Path) -> Iterator[str]:
    """Each kind of error once, with how often it stands there; what differs by name or number only is of one kind."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    told = Counter(_NAMES.sub("#", _last(text)) for text in _tracebacks(lines) if not any(planned in text for planned in _PLANNED))
    for error, times in told.most_common():
        yield f"{times} times {error}"


def _tracebacks(lines: list[str]) -> Iterator[str]:
    """Those that are a field of a log line, and those that a process died of."""
    open_one: list[str] = []
    for line in lines:
        if open_one:
            open_one.append(line)
            if line and not line[0].isspace() and line != _BEGINS:
                yield "\n".join(open_one)
                open_one = []
        elif line == _BEGINS:
            open_one = [line]
        elif _BEGINS in line:
            yield _logged(line)
    if open_one:
        yield "\n".join(open_one)


def _logged(line: str) -> str:
    """A process that was killed may have left half a line."""
    try:
        return str(json.loads(line).get("exception", line))
    except ValueError:
        return line


def _last(text: str) -> str:
    return text.rstrip().rsplit("\n", 1)[-1][:300]
