"""The refusals of the database functions as the ledger's own errors: a SQLSTATE of class LG, with the facts as JSON in DETAIL."""

import json
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError

from ledger.errors import (
    AccountClosed,
    AccountNotEmpty,
    AlreadyCarried,
    AlreadyReversed,
    BookedMeanwhile,
    HoldEnded,
    HoldNotDue,
    HoldUnknown,
    InsufficientFunds,
    LedgerError,
    MomentNotOver,
    NotAMirror,
    NotGuarded,
    PeriodClosed,
    PeriodGap,
    PeriodNotLast,
    PeriodNotOver,
    ReferenceReused,
    SettlementTooHigh,
    SnapshotDiffers,
    StillAdjusted,
    StillPosting,
    SwitchTooSoon,
    Unbalanced,
    UnknownAccount,
    UnknownPosting,
)

_BY_SQLSTATE: dict[str, Callable[[dict[str, Any]], LedgerError]] = {
    "LG001": lambda facts: InsufficientFunds(facts["account"], int(facts["available"]), int(facts["requested"])),
    "LG003": lambda facts: UnknownAccount(facts["account"]),
    "LG004": lambda facts: AccountClosed(facts["account"]),
    "LG005": lambda facts: PeriodClosed(facts["month"]),
    "LG006": lambda facts: ReferenceReused(facts["reference"], facts["difference"]),
    "LG007": lambda facts: HoldEnded(facts["reference"], facts["status"]),
    "LG008": lambda facts: HoldUnknown(facts["reference"]),
    "LG010": lambda facts: SettlementTooHigh(facts["account"], int(facts["settled"]), int(facts["taken"])),
    "LG011": lambda facts: NotGuarded(facts["account"]),
    "LG012": lambda facts: UnknownPosting(facts["reference"]),
    "LG013": lambda facts: AccountNotEmpty(facts["account"], int(facts["posted"]), int(facts["held"])),
    "LG014": lambda facts: PeriodNotOver(facts["month"]),
    "LG018": lambda facts: PeriodGap(facts["month"], facts["first"]),
    "LG019": lambda facts: PeriodNotLast(facts["month"], facts["latest"]),
    "LG020": lambda facts: StillAdjusted(facts["reference"], facts["adjustment"]),
    "LG021": lambda facts: HoldNotDue(facts["reference"], facts["expires_at"]),
    "LG015": lambda facts: NotAMirror(facts["reference"]),
    "LG016": lambda facts: AlreadyReversed(facts["reference"]),
    "LG030": lambda facts: MomentNotOver(facts["moment"]),
    "LG031": lambda facts: StillPosting(facts["moment"]),
    "LG033": lambda facts: SnapshotDiffers(facts["snapshot"], facts["kept"], facts["now"]),
    "LG032": lambda facts: AlreadyCarried(facts["moment"]),
    "LG040": lambda facts: SwitchTooSoon(facts["account"]),
    "LG041": lambda _: BookedMeanwhile(),
}


def refusal(code: str, facts: dict[str, Any]) -> LedgerError:
    """The error behind a code of class LG and its facts, as a batch tells it of one posting."""
    return _BY_SQLSTATE[code](facts)


def translated(error: DatabaseError) -> LedgerError | None:
    """The ledger's own error behind a database error, or None when it is something else (a lost connection, a deadlock)."""
    cause = error.__cause__
    diagnostics = getattr(cause, "diag", None)
    state = getattr(cause, "sqlstate", None)
    if diagnostics is None or state is None:
        return None
    if state in _BY_SQLSTATE:
        return _BY_SQLSTATE[state](json.loads(diagnostics.message_detail))
    if diagnostics.constraint_name in ("ledger_entry_balances_per_asset", "ledger_transaction_balances_per_asset"):
        return Unbalanced(diagnostics.message_primary)
    return None
