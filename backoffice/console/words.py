"""The word and the tone of every state that pages show: one table, so that a state looks the same wherever it stands."""

import re

from backoffice.console.parts import Badge, Tone
from transfers.states import Status

_N, _A, _D, _L, _X, _P = Tone.NEUTRAL, Tone.ACCENT, Tone.DONE, Tone.LOOK, Tone.DANGER, Tone.PERSON

_TRANSFERS: dict[Status, Tone] = {
    Status.CREATED: _A,
    Status.QUOTED: _A,
    Status.FUNDS_LOCKED: _A,
    Status.SENT_ON_CHAIN: _A,
    Status.CONFIRMED: _D,
    Status.FIAT_SETTLED: _D,
    Status.RECONCILED: _D,
    Status.FAILED: _X,
    Status.CANCELLED: _N,
    Status.EXPIRED: _N,
    Status.DROPPED: _L,
    Status.REORGED: _L,
}
_BADGES: dict[str, Badge] = {
    # transfers
    **{status: Badge(status.words, tone) for status, tone in _TRANSFERS.items()},
    # what we know of a request to the outside
    "received": Badge("not sent yet", _N),
    "forwarded": Badge("sent, no answer yet", _A),
    "timed_out": Badge("no answer: unknown", _L),
    "responded": Badge("answered", _D),
    # money
    "none": Badge("nothing reserved", _N),
    "reserved": Badge("reserved", _P),
    "posted": Badge("posted", _D),
    "reversed": Badge("reversed", _L),
    "exception": Badge("exception", _X),
    # evidence
    "journaled": Badge("journaled", _A),
    "matched": Badge("matched", _D),
    "disputed": Badge("disputed", _X),
    "repaired": Badge("repaired", _L),
    # approvals
    "pending": Badge("waiting for a person", _P),
    "approved": Badge("approved", _D),
    "approve": Badge("approved", _D),
    "rejected": Badge("rejected", _X),
    "reject": Badge("rejected", _X),
    "withdrawn": Badge("withdrawn", _N),
    "dismissed": Badge("votes void, changed", _L),
    "expired": Badge("expired", _N),
    # files of orders, and their lines
    "awaiting_approval": Badge("waiting for a person", _P),
    "in_progress": Badge("being carried out", _A),
    "completed": Badge("carried out", _D),
    "cancelled": Badge("stopped", _N),
    "waiting": Badge("waiting", _N),
    "under_way": Badge("under way", _A),
    "paid": Badge("paid", _D),
    "given_back": Badge("given back", _N),
    # policy
    "allow": Badge("allowed", _D),
    "require_approval": Badge("needs approval", _P),
    "hold": Badge("held for review", _L),
    "deny": Badge("denied", _X),
    # destinations
    "allowed": Badge("allowed", _D),
    "cooling_off": Badge("cooling off", _L),
    "unknown": Badge("first use", _L),
    "blocked": Badge("blocked", _X),
    # holds
    "placed": Badge("on hold", _P),
    "settled": Badge("settled", _D),
    "released": Badge("released", _N),
    # breaks, alerts
    "open": Badge("open", _L),
    "investigating": Badge("investigating", _A),
    "resolved": Badge("resolved", _D),
    "false_positive": Badge("false positive", _N),
    "low": Badge("low", _N),
    "medium": Badge("medium", _L),
    "high": Badge("high", _L),
    "critical": Badge("critical", _X),
    "warning": Badge("warning", _L),
    # answers of providers
    "chosen": Badge("chosen", _D),
    "usable": Badge("good, not the best", _N),
    "late": Badge("too slow", _L),
    "not_asked": Badge("not asked", _N),
    "awaited": Badge("called by phone", _P),
    # audit
    "succeeded": Badge("done", _D),
    "refused": Badge("refused", _X),
    "failed": Badge("failed", _X),
    # clients, accounts
    "active": Badge("active", _D),
    "suspended": Badge("suspended", _L),
    "closed": Badge("closed", _N),
}
_STATES = re.compile(rf"\b({'|'.join(Status)})\b")


def badge_for(state: str) -> Badge:
    """The badge of a state. One that is not in the table is shown as it is, without colour: new words never break a page."""
    return _BADGES.get(str(state)) or Badge(str(state).replace("_", " ").lower())


def states_quoted(text: str) -> str:
    """A text about states for people: `Stays in CREATED` -> Stays in “Created”."""
    return _STATES.sub(lambda found: Status(found[0]).quoted, text)


def known_states() -> list[str]:
    return list(_BADGES)
