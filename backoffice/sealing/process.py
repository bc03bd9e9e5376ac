"""The sealer as a process: a lane that seals, and one for each anchor, so that a slow one delays nobody else."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from django.conf import settings

from audit import partitions
from audit.anchors import configured, delivery
from audit.anchors.base import Anchor
from audit.sealing.config import LogUnconfigured, log_keys
from audit.sealing.keys import NoteRefused, SigningKey
from audit.sealing.memory import Memory
from audit.sealing.sealer import Sealer, SealRefused
from backoffice.health.lanes import Job

log = structlog.get_logger(__name__)
PROCESS = "sealer"
ANCHOR_EVERY_S = 1.0
_SAY_AGAIN_S = 60.0


def signing_key() -> SigningKey:
    """Raises LogUnconfigured: without it, or when it is not the key that everybody is told of first."""
    try:
        key = SigningKey.parse(settings.AUDIT_SIGNING_KEY)
    except NoteRefused as error:
        raise LogUnconfigured(f"AUDIT_SIGNING_KEY: {error}") from error
    if key.public() != log_keys()[0]:
        raise LogUnconfigured("AUDIT_SIGNING_KEY is not the key of which AUDIT_LOG_KEY has the public half first")
    return key


def memory() -> Memory:
    return Memory(settings.AUDIT_STATE_DIR, log_keys())


@dataclass(slots=True)
class Rounds:
    """Round after round. A refusal is said when it begins and each minute while it lasts; the database has it, too."""

    sealer: Sealer
    _refusal: str = ""
    _said_at: float = field(default=float("-inf"))

    def take(self) -> bool:
        """One round. False when it was refused."""
        try:
            self.sealer.round()
        except SealRefused as error:
            self._say(str(error))
            return False
        self._refusal = ""
        return True

    def _say(self, refusal: str) -> None:
        if refusal != self._refusal or time.monotonic() - self._said_at > _SAY_AGAIN_S:
            log.critical("the trail is not sealed", reason=refusal)
            self._refusal, self._said_at = refusal, time.monotonic()


def rounds() -> Rounds:
    """Raises LogUnconfigured."""
    return Rounds(Sealer(signing_key(), memory(), heartbeat_s=settings.AUDIT_HEARTBEAT))


def begin() -> list[Anchor]:
    """What must be so before the first round; returns the anchors. Raises AnchorUnusable, django.db.Error."""
    anchors = configured.anchors()
    partitions.begin_epoch_if_moved()
    delivery.register(anchors)
    return anchors


def all_jobs(anchors: Sequence[Anchor]) -> list[Job]:
    """Raises LogUnconfigured."""
    sealing = Job("seal", settings.AUDIT_SEAL_EVERY, rounds().take)
    return [sealing, *(Job(f"anchor {anchor.name}", ANCHOR_EVERY_S, partial(delivery.deliver, anchor)) for anchor in anchors)]
