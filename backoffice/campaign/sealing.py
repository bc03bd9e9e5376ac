"""The sealer of a campaign: it seals what the storm leaves on the trail, and is shot at each of its steps like anybody else.

It has no crash points of its own, since `audit` stands below them: a step is struck from outside, after the function that takes it.
"""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, product
from typing import Any

from django.conf import settings
from django.db import connection

from audit.anchors import configured, delivery
from audit.anchors.files import FileAnchor
from audit.inspection.look import look
from audit.sealing import store
from audit.sealing.memory import Memory
from audit.sealing.sealer import Sealer
from backoffice.campaign import processes
from backoffice.campaign.processes import Fate, Nursery, paused, wait
from backoffice.campaign.shots import How
from backoffice.sealing import process

ROLE = "sealer"
RIVAL_HAS_S = 1.0
BROKE_IT = "the campaign broke this step"
ROUNDS = 20
# How long the trail may go on unsealed is the alerts' to watch; here only what is sealed is held against what was published.
_EVER = 10**9
# After which function a round is struck, in the order in which it takes them.
PLACES: dict[str, tuple[Any, str]] = {
    "leaves written": (store, "write_leaves"),
    "signature remembered": (Memory, "write"),
    "checkpoint written": (store, "write_checkpoint"),
    "committed": (Sealer, "_step"),
    "anchored": (FileAnchor, "take"),
}
_UNSEALED = """
    SELECT count(*) FROM audit_event AS event
     WHERE NOT EXISTS (SELECT FROM audit_leaf AS leaf WHERE (leaf.recorded_at, leaf.event_id) = (event.recorded_at, event.id))
"""


class NotSealed(RuntimeError):
    """A round was refused: the reason is in the log."""


@dataclass(slots=True)
class Sealing:
    """`struck` counts hits by place and way, `published` is what the anchor file held when it was last looked at."""

    nursery: Nursery
    struck: dict[str, int] = field(default_factory=dict)
    published: bytes = b""
    findings: list[str] = field(default_factory=list)
    _plan: Iterator[tuple[str, How]] = field(default_factory=lambda: cycle([(place, how) for how, place in product(How, PLACES)]))

    @property
    def is_ours(self) -> bool:
        """In a sandbox that runs already somebody else seals, with a key that we are not told."""
        return bool(settings.AUDIT_SIGNING_KEY)

    def strike(self) -> None:
        """One round that is killed, broken or stopped after the next step of the plan; one that is stopped is overtaken."""
        place, how = next(self._plan)
        pid = self.nursery.start(partial(_struck_round, place, how), role=ROLE, environment={})
        fate = wait(pid)
        if fate.stopped:
            self._overtake(pid)
        if fate.stopped or fate.signal or fate.status:
            name = f"{place} by {how}"
            self.struck[name] = self.struck.get(name, 0) + 1
        self.look_again()

    def round(self) -> Fate:
        """A healthy one."""
        fate = self.nursery.run(_round, role=ROLE)
        self.look_again()
        return fate

    def look_again(self) -> None:
        """What was published once must be there for ever."""
        now = _anchored()
        if not now.startswith(self.published):
            self.findings.append("what the anchor held before is not what it begins with now")
        self.published = now

    def broken(self) -> Iterator[str]:
        """Seal what is left, then hold the log against every checkpoint that was ever published."""
        if self.is_ours:
            yield from self._seal_the_rest()
        yield from self.findings
        yield from published_findings()

    def _seal_the_rest(self) -> Iterator[str]:
        for _ in range(ROUNDS):
            fate = self.round()
            if fate.status or fate.signal:
                yield "the sealer refuses to go on: the reason is in its log"
                return
            if not _unsealed():
                return
        yield f"{_unsealed()} events are not sealed after {ROUNDS} rounds"

    def _overtake(self, pid: int) -> None:
        with paused(pid):
            rival = self.nursery.start(_round, role=ROLE, environment={})
            over = processes.look(rival, RIVAL_HAS_S)
        wait(pid)
        if over is None:
            wait(rival)


def published_findings() -> Iterator[str]:
    """As `manage.py verify_audit` finds them."""
    files = [path for path in configured.anchor_files() if path.exists()]
    for finding in look(files, most_late_s=_EVER).findings:
        yield f"{finding.check}: {finding.subject}: {finding.message}"


def _round() -> None:
    """Raises NotSealed."""
    anchors = process.begin()
    if not process.rounds().take():
        raise NotSealed
    for anchor in anchors:
        delivery.deliver(anchor)


def _struck_round(place: str, how: How) -> None:
    owner, name = PLACES[place]
    setattr(owner, name, _and_then(getattr(owner, name), how))
    _round()


def _and_then(step: Callable[..., Any], how: How) -> Callable[..., Any]:
    """The step, and after its first time the strike."""
    struck: list[How] = []

    def taken(*given: Any, **named: Any) -> Any:
        found = step(*given, **named)
        if not struck:
            struck.append(how)
            _strike(how)
        return found

    return taken


def _strike(how: How) -> None:
    if how is How.RAISE:
        raise OSError(BROKE_IT)
    os.kill(os.getpid(), signal.SIGKILL if how is How.KILL else signal.SIGSTOP)


def _anchored() -> bytes:
    return b"".join(path.read_bytes() for path in configured.anchor_files() if path.exists())


def _unsealed() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED)
        return int(cursor.fetchone()[0])
