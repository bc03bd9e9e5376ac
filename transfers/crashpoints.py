"""Places where a test or a drill may stop this process, to prove that what follows resumes.

A crash point stands on every boundary of a step: before and after each commit, and after each call to the outside. It does nothing
unless `COUNTERSIGN_CRASH="name[:nth][=how]"` is in the environment. Then the nth time (the first, when nth is left out) the process
gets SIGKILL, which no handler softens (`kill`, the usual), raises an error (`raise`), or stops like a machine that is paused
(`stop`) until somebody sends SIGCONT. `COUNTERSIGN_CRASH_LOG` names a file to which every point that is passed appends its name,
with a `!` when it struck. `ALL` is the list of names; a test compares it with the names in use, and `manage.py campaign` fires
every one of them.
"""

import os
import signal
from collections import Counter
from pathlib import Path

ALL: tuple[str, ...] = (
    "create.before_commit",
    "create.after_commit",
    "release.before_commit",
    "cancel.before_commit",
    "expire.before_commit",
    "speed_up.before_commit",
    "dear_speed_up.before_commit",
    "moot.before_commit",
    "recall.before_commit",
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
    "replace.before_intent",
    "replace.after_intent",
    "replace.after_sign",
    "replace.before_store",
    "replace.after_store",
    "replace.after_broadcast",
    "replace.before_commit",
    "resend.before_call",
    "resend.after_call",
    "resend.before_commit",
    "resend.after_commit",
    "confirm.after_call",
    "confirm.before_commit",
    "confirm.after_commit",
    "watch.after_call",
    "watch.before_commit",
    "watch.after_commit",
    "payout_recall.before_commit",
    "payout_recall.after_claim",
    "payout_recall.after_intent",
    "payout_recall.after_call",
    "payout_recall.before_outcome",
    "pay_out.before_intent",
    "pay_out.after_intent",
    "pay_out.after_submit",
    "pay_out.before_commit",
    "pay_out.after_commit",
    "gather.before_commit",
    "gather.after_commit",
    "batch.before_intent",
    "batch.after_intent",
    "batch.after_submit",
    "batch.before_commit",
    "batch.after_commit",
    "batch.after_verdict",
    "batch.before_outcome",
    "batch.after_outcome",
    "settle.after_call",
    "settle.before_commit",
    "settle.after_commit",
    "recheck.after_call",
    "recheck.before_commit",
    "recheck.after_commit",
    "return.before_commit",
    "reconcile.before_commit",
    "receipt.before_commit",
    "receipt.after_commit",
    "webhook.after_claim",
    "webhook.after_send",
    "webhook.before_commit",
    "webhook.after_commit",
    "deposit_see.before_commit",
    "deposit_taken_back.before_commit",
    "send_back.before_commit",
    "send_back.after_commit",
    "credit.after_call",
    "credit.before_commit",
    "credit.after_commit",
    "credit_booked.before_commit",
    "credit_booked.after_commit",
    "watch_credited.after_call",
    "watch_credited.before_commit",
    "watch_credited.after_commit",
    "reconcile_all.before_commit",
    "bulk.accept.before_commit",
    "bulk.accept.after_commit",
    "bulk.release.before_commit",
    "bulk.after_claim",
    "bulk.after_creating",
    "bulk.after_posting",
    "bulk.before_commit",
    "bulk.after_commit",
    "bulk.finish.before_commit",
    "book.before_commit",
    "book.after_commit",
    "convert.before_lock_commit",
    "convert.after_lock_commit",
    "convert.before_commit",
    "convert.after_commit",
    "card_order.before_commit",
    "card_authorise.after_intent",
    "card_authorise.after_call",
    "card_authorise.before_commit",
    "card_authorise.after_commit",
    "card_capture.after_intent",
    "card_capture.after_call",
    "card_capture.before_commit",
    "card_capture.after_commit",
    "card_follow.after_call",
    "card_follow.before_commit",
    "card_follow.after_commit",
    "card_batch.before_commit",
    "card_refund.after_intent",
    "card_refund.after_call",
    "card_refund.before_commit",
    "card_refund.after_commit",
    "rebalance.before_commit",
    "sweep.before_commit",
)
_KNOWN = frozenset(ALL)
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_passed: Counter[str] = Counter()


class Crashed(RuntimeError):
    """Raised by a crash point that was asked to raise: an error that no code of ours expects."""


def crashpoint(name: str) -> None:
    """Stop here when asked to. Raises ValueError for a name that is not in `ALL`, so that a typing error never hides a boundary;
    Crashed when it is to raise."""
    if name not in _KNOWN:
        raise ValueError(f"{name!r} is not a crash point")
    log = os.environ.get("COUNTERSIGN_CRASH_LOG")
    if log:
        _note(log, name)
    wanted, _, how = os.environ.get("COUNTERSIGN_CRASH", "").partition("=")
    wanted, _, nth = wanted.partition(":")
    if wanted != name:
        return
    _passed[name] += 1
    if _passed[name] == int(nth or 1):
        if log:
            _note(log, f"{name}!")
        _crash(name, how or "kill")


def _note(log: str, name: str) -> None:
    with Path(log).open("a", encoding="ascii") as file:
        file.write(f"{name}\n")


def _crash(name: str, how: str) -> None:
    if how == "raise":
        raise Crashed(f"asked to fail at {name}")
    os.kill(os.getpid(), _SIGNALS[how])
