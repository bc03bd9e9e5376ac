"""Places where a test or a drill may kill this process, to prove that what follows resumes.

A crash point stands on every boundary of a step: before and after each commit, and after each call to the outside. It does nothing
unless `COUNTERSIGN_CRASH="name[:nth]"` is in the environment; then the nth time (the first, when nth is left out) the process gets
SIGKILL, which no handler softens. `ALL` is the list of names; a test compares it with the names in use.
"""

import os
import signal
from collections import Counter

ALL: tuple[str, ...] = (
    "create.before_commit",
    "create.after_commit",
    "release.before_commit",
    "cancel.before_commit",
    "expire.before_commit",
    "drive.after_claim",
    "drive.before_release",
    "quote.after_call",
    "quote.before_commit",
    "quote.after_commit",
    "lock.before_commit",
    "lock.after_commit",
    "send.before_intent",
    "send.after_intent",
    "send.after_sign",
    "send.before_store",
    "send.after_store",
    "send.after_broadcast",
    "send.before_commit",
    "send.after_commit",
    "confirm.after_call",
    "confirm.before_commit",
    "confirm.after_commit",
    "pay_out.before_intent",
    "pay_out.after_intent",
    "pay_out.after_submit",
    "pay_out.before_commit",
    "pay_out.after_commit",
    "settle.after_call",
    "settle.before_commit",
    "settle.after_commit",
    "reconcile.before_commit",
)
_KNOWN = frozenset(ALL)
_passed: Counter[str] = Counter()


def crashpoint(name: str) -> None:
    """Die here when asked to. Raises ValueError for a name that is not in `ALL`, so that a typing error never hides a boundary."""
    if name not in _KNOWN:
        raise ValueError(f"{name!r} is not a crash point")
    wanted, _, nth = os.environ.get("COUNTERSIGN_CRASH", "").partition(":")
    if wanted != name:
        return
    _passed[name] += 1
    if _passed[name] == int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
