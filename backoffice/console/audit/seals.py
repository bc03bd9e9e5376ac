"""How sealed an event is, and how the log as a whole stands: always an icon and a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit import clock
from audit.models import AuditEvent
from audit.queries_sealing import MOST_COUNTED, AnchorStatus, LogStatus, SealState, log_status, seal_status
from backoffice.console import formats
from backoffice.console.parts import Tone

# The sealer signs at least every thirty seconds, and events within two.
_SILENT = timedelta(minutes=2)
_BEHIND = timedelta(seconds=30)
# Beyond what an anchor may wait by design.
_SLACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Seal:
    """`state` is None while the event waits. Leaves are counted from zero, as in proofs."""

    state: SealState | None

    @property
    def word(self) -> str:
        return "sealed" if self.state else "waiting to be sealed"

    @property
    def detail(self) -> str:
        """ "at 1,234 in the checkpoint of 12:00:01, anchored at 2 places"."""
        if self.state is None:
            return ""
        places = len(self.state.anchors)
        anchored = f"anchored at {places} place{'s' if places != 1 else ''}" if places else "not anchored yet"
        return f"at {self.state.index:,} in the checkpoint of {formats.written(self.state.signed_at).clock}, {anchored}"

    @property
    def short(self) -> str:
        """The same for lists: "at 1,234 · 12:00:01 · 2 anchors"."""
        if self.state is None:
            return ""
        places = len(self.state.anchors)
        anchors = f"{places} anchor{'s' if places != 1 else ''}" if places else "no anchor yet"
        return f"at {self.state.index:,} · {formats.written(self.state.signed_at).clock} · {anchors}"


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """`trouble` says why it is not well, empty when it is."""

    anchor: AnchorStatus
    trouble: str


@dataclass(frozen=True, slots=True)
class LogHead:
    """`word` and `tone` are of the whole; `trouble` says what is wrong and what follows from it, empty when nothing is."""

    status: LogStatus
    word: str
    tone: Tone
    trouble: str
    anchors: list[AnchorLine]

    @property
    def sealed(self) -> str:
        return f"{self.status.newest.size:,}" if self.status.newest else "0"

    @property
    def unsealed(self) -> str:
        return f"more than {MOST_COUNTED:,}" if self.status.unsealed > MOST_COUNTED else f"{self.status.unsealed:,}"


def seals(events: Sequence[AuditEvent]) -> dict[UUID, Seal]:
    """Two queries, however many events; none without events."""
    found = seal_status(events) if events else {}
    return {event.id: Seal(found.get(event.id)) for event in events}


def log_head() -> LogHead:
    status = log_status()
    word, tone, trouble = _standing(status, clock.now())
    return LogHead(
        status, word, tone, trouble, [AnchorLine(anchor, _trouble(anchor)) for anchor in status.anchors if anchor.active]
    )


def _standing(status: LogStatus, now: datetime) -> tuple[str, Tone, str]:
    """The worst that is the case."""
    if status.refusal:
        return "refuses to seal", Tone.DANGER, f"The sealer refuses to sign: {status.refusal}. Events are kept and wait."
    if status.newest is None:
        return "not sealed yet", Tone.LOOK, "No checkpoint was signed yet: nothing can be proved of these events outside."
    silent = now - status.newest.signed_at
    if silent > _SILENT:
        words = f"The last checkpoint is {formats.duration(silent)} old. The sealer signs one every half minute while it lives."
        return "silent", Tone.DANGER, words
    if status.oldest_sealable_at and now - status.oldest_sealable_at > _BEHIND:
        waited = formats.duration(now - status.oldest_sealable_at)
        return "behind", Tone.LOOK, f"Events have been waiting for {waited}; it should be seconds."
    if status.oldest_unsealed_at and now - status.oldest_unsealed_at > _BEHIND:
        words = f"A transaction has been open for {formats.duration(now - status.oldest_unsealed_at)} on the database server."
        return "held back", Tone.LOOK, f"{words} What came after it is sealed once it ends."
    return "sealed", Tone.DONE, ""


def _trouble(anchor: AnchorStatus) -> str:
    if anchor.attempts:
        return f"failed {anchor.attempts} time{'s' if anchor.attempts != 1 else ''}: {anchor.last_error}"
    if anchor.waiting_since and clock.now() - anchor.waiting_since > timedelta(seconds=anchor.every_s) + _SLACK:
        return f"has taken nothing for {formats.duration(clock.now() - anchor.waiting_since)}"
    return ""
