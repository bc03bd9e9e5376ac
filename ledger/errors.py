"""LedgerError
├── BadPosting            the posting is malformed: nothing was sent
│   └── Unbalanced        debits and credits differ in an asset, or there are fewer than two lines
├── InsufficientFunds     a voluntary posting or hold would take a guarded account below its floor
├── MoreThanOwed          a step about an overdraft would take more than the owner owes
├── UnknownAccount
├── AccountClosed
├── AccountNotEmpty       only an empty account can be closed
├── NotGuarded            a hold on an account that only collects
├── PeriodClosed          the value time lies in a closed month
├── PeriodNotClosed       only a closed month leaves snapshots
├── PeriodNotOver         only a month that has ended can be closed
├── PeriodGap             an earlier month is open and has to be closed first
├── PeriodNotLast         only the latest closed month can be reopened
├── PeriodUnchanged       it is open or closed already, as was asked for
├── BooksBroken           a proof does not hold, so no month is closed
├── ReferenceReused       the reference (or code, or asset id) stands for other content
├── UnknownPosting        the posting to reverse does not exist
├── NotAMirror            the lines of a reversal do not mirror its original
├── AlreadyReversed
├── StillAdjusted         a posting whose adjustments stand is not reversed before they are
├── HoldUnknown
├── HoldEnded             the hold ended before, in another way
├── HoldNotDue            a hold does not expire before its time
├── SettlementTooHigh     holds settle more than the posting takes from their account
├── StatementTooLong      more rows than fit
├── MonthArchived         it would need entries that are archived
├── SnapshotDiffers       the books no longer say what a snapshot kept of them
├── SwitchTooSoon         a transaction older than the account's last change of mode is still open
├── BookedMeanwhile       somebody booked one of the references at the same moment: repeat, it will be recognised
└── MomentError           something was asked as of a moment that cannot be answered for good
    ├── MomentNotOver     it lies in the future
    ├── StillPosting      a posting that began before it is still open
    └── AlreadyCarried    balances are carried forward to a later moment

The database raises most of them; `ledger.refusals` turns its words back.
"""

from datetime import UTC, datetime, timedelta


class LedgerError(Exception):
    """A refusal of the ledger. Nothing was booked; the surrounding database transaction cannot go on."""


class BadPosting(LedgerError):
    pass


class Unbalanced(BadPosting):
    pass


class InsufficientFunds(LedgerError):
    """`available` (above the floor) and `requested` are minor units of the account's asset."""

    def __init__(self, account_code: str, available: int, requested: int) -> None:
        super().__init__(f"{account_code} has {available} available, {requested} wanted")
        self.account_code = account_code
        self.available = available
        self.requested = requested


class MoreThanOwed(LedgerError):
    """`owed` and `asked` are minor units of the account's asset."""

    def __init__(self, account_code: str, owed: int, asked: int) -> None:
        super().__init__(f"{owed} is owed on {account_code}, not {asked}")
        self.account_code = account_code
        self.owed = owed
        self.asked = asked


class _AboutAccount(LedgerError):
    words = "{}"

    def __init__(self, account_code: str) -> None:
        super().__init__(self.words.format(account_code))
        self.account_code = account_code


class UnknownAccount(_AboutAccount):
    words = "there is no account {}"


class AccountClosed(_AboutAccount):
    words = "account {} is closed"


class NotGuarded(_AboutAccount):
    words = "account {} only collects; holds need a guarded one"


class AccountNotEmpty(LedgerError):
    def __init__(self, account_code: str, posted: int, held: int) -> None:
        super().__init__(f"account {account_code} still has {posted} posted and {held} held")
        self.account_code = account_code
        self.posted = posted
        self.held = held


class _AboutMonth(LedgerError):
    """`month` reads YYYY-MM-DD, its first day."""

    words = "{}"

    def __init__(self, month: str) -> None:
        super().__init__(self.words.format(month[:7]))
        self.month = month


class PeriodClosed(_AboutMonth):
    words = "the month {} is closed"


class PeriodNotOver(_AboutMonth):
    words = "the month {} is not over yet"


class PeriodUnchanged(_AboutMonth):
    words = "nothing is to be done with the month {}: it is so already"


class PeriodNotClosed(_AboutMonth):
    words = "the month {} is not closed"


class PeriodGap(LedgerError):
    """`first` is the month to close first; both read YYYY-MM-DD."""

    def __init__(self, month: str, first: str) -> None:
        super().__init__(f"the month {first[:7]} is open and has to be closed before {month[:7]}")
        self.month = month
        self.first = first


class PeriodNotLast(LedgerError):
    """`latest` is the month that can be reopened; both read YYYY-MM-DD."""

    def __init__(self, month: str, latest: str) -> None:
        super().__init__(f"only the latest closed month {latest[:7]} can be reopened, not {month[:7]}")
        self.month = month
        self.latest = latest


class BooksBroken(LedgerError):
    """`findings` name what does not hold."""

    def __init__(self, findings: list[str]) -> None:
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        super().__init__(f"the proofs of the books do not hold: {findings[0]}{more}")
        self.findings = findings


class ReferenceReused(LedgerError):
    """`difference` names in words what was stored and what was given."""

    def __init__(self, reference: str, difference: str) -> None:
        super().__init__(f"{reference} stands for other content already: {difference}")
        self.reference = reference
        self.difference = difference


class _AboutReference(LedgerError):
    words = "{}"

    def __init__(self, reference: str) -> None:
        super().__init__(self.words.format(reference))
        self.reference = reference


class UnknownPosting(_AboutReference):
    words = "there is no posting {}"


class NotAMirror(_AboutReference):
    words = "the lines do not mirror posting {}"


class AlreadyReversed(_AboutReference):
    words = "posting {} was reversed already"


class StillAdjusted(LedgerError):
    """`adjustment` is the reference of one that has to be reversed first."""

    def __init__(self, reference: str, adjustment: str) -> None:
        super().__init__(f"posting {reference} is adjusted by {adjustment}, which has to be reversed first")
        self.reference = reference
        self.adjustment = adjustment


class HoldUnknown(_AboutReference):
    words = "there is no hold {}"


class HoldEnded(LedgerError):
    """`status` is how it ended: settled, released or expired."""

    def __init__(self, reference: str, status: str) -> None:
        super().__init__(f"hold {reference} was already {status}")
        self.reference = reference
        self.status = status


class HoldNotDue(LedgerError):
    """`expires_at` is when it expires, as the database writes it; None when it has no end of its own."""

    def __init__(self, reference: str, expires_at: str | None) -> None:
        super().__init__(
            f"hold {reference} " + (f"expires at {expires_at}, not before" if expires_at else "has no time to expire at")
        )
        self.reference = reference
        self.expires_at = expires_at


class SettlementTooHigh(LedgerError):
    def __init__(self, account_code: str, settled: int, taken: int) -> None:
        super().__init__(f"holds on {account_code} settle {settled}, but the posting takes {taken}")
        self.account_code = account_code


class StatementTooLong(LedgerError):
    def __init__(self, entries: int, most: int) -> None:
        super().__init__(f"the interval has {entries:,} entries; at most {most:,} fit here. Take a shorter one, or CSV")
        self.entries = entries
        self.most = most


class MonthArchived(LedgerError):
    """Entries booked before `until` are archived."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(
            f"this needs entries that are archived (booked up to and including {self.latest:%Y-%m}); ask for a later time, or have "
            f"the months put back: manage.py reattach_partition ledger_entry {self.latest:%Y-%m}"
        )

    @property
    def latest(self) -> datetime:
        """A moment of the latest archived month, which is the first to be put back."""
        return (self.until - timedelta(days=1)).astimezone(UTC)


class SnapshotDiffers(LedgerError):
    """`kept` and `now` are the SHA-256 of the stored bytes and of what the books say now, in hexadecimal."""

    def __init__(self, snapshot_id: str, kept: str, now: str) -> None:
        super().__init__(f"snapshot {snapshot_id} keeps {kept}, but the books say {now}: they were changed behind it")
        self.snapshot_id = snapshot_id
        self.kept = kept
        self.now = now


class MomentError(LedgerError):
    """`moment` is the one that was asked for, ISO 8601."""

    words = "{}"

    def __init__(self, moment: str) -> None:
        super().__init__(self.words.format(moment))
        self.moment = moment


class MomentNotOver(MomentError):
    words = "{} is not over yet"


class StillPosting(MomentError):
    words = "a posting that began before {} is still open; try again when it has ended"


class AlreadyCarried(MomentError):
    words = "balances are carried forward beyond {} already"


class SwitchTooSoon(_AboutAccount):
    words = "a transaction older than the last switch of {} is still open; try again when it has ended"


class BookedMeanwhile(LedgerError):
    def __init__(self) -> None:
        super().__init__("a posting of the same reference was booked at the same moment")
