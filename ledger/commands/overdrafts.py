"""Overdrafts: a client below zero, and the ways back.

The outside took money that the client had spent (a forced posting), so the client's account, a debt of ours, is negative: now the
client owes us. It stays visible there until it is recovered. The next deposit recovers it by itself, since it credits the very
account; else it is netted, or it is moved to a receivable of its own, which is paid back, netted or written off.

Each verb books one posting and never more than is owed: the posting locks the account, and what it leaves is looked at under that
lock, before the commit. The `*_posting` functions say what would be booked; the verbs book exactly that.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from ledger import chart
from ledger.chart import AccountKind
from ledger.commands.accounts import open_account
from ledger.commands.postings import post
from ledger.errors import BadPosting, InsufficientFunds, LedgerError, UnknownAccount
from ledger.models import Account
from ledger.posting import Line, Posted, Posting
from ledger.queries import balance

NETTING, RECEIVABLE, REPAYMENT, WRITE_OFF = (
    "overdraft.netting",
    "overdraft.receivable",
    "overdraft.repayment",
    "overdraft.write_off",
)
_CASH = (AccountKind.WALLET, AccountKind.NOSTRO)


class MoreThanOwed(LedgerError):
    """`owed` and `asked` are minor units of the account's asset."""

    def __init__(self, account_code: str, owed: int, asked: int) -> None:
        super().__init__(f"{owed} is owed on {account_code}, not {asked}")
        self.account_code = account_code
        self.owed = owed
        self.asked = asked


def recover_by_netting(
    *, reference: str, from_account: str, to_account: str, amount_minor: int, reason: str, value_at: datetime, **more: Any
) -> Posted:
    """Set what we owe an owner on one account against what the owner owes on another.

    `from_account` holds client money; `to_account` is overdrawn, or the receivable that came of it. Raises MoreThanOwed,
    InsufficientFunds, BadPosting (another owner or asset, not such accounts), UnknownAccount, AccountClosed, PeriodClosed,
    ReferenceReused.
    """
    given = netting_posting(
        reference=reference,
        from_account=from_account,
        to_account=to_account,
        amount_minor=amount_minor,
        reason=reason,
        value_at=value_at,
        **more,
    )
    return _book(given, owed_on=to_account, amount_minor=amount_minor)


def book_overdraft_receivable(
    *, reference: str, account_code: str, amount_minor: int, reason: str, value_at: datetime, **more: Any
) -> Posted:
    """Bring an overdrawn client account up, at most to zero, and claim the amount on a receivable of its owner (opened when there
    is none).

    Raises MoreThanOwed, BadPosting (not client money), UnknownAccount, AccountClosed, PeriodClosed, ReferenceReused.
    """
    client = _account(account_code, AccountKind.CLIENT_MONEY)
    given = receivable_posting(
        reference=reference, account_code=account_code, amount_minor=amount_minor, reason=reason, value_at=value_at, **more
    )
    with transaction.atomic():
        _open(given.lines[0].account_code, f"{client.name}, overdraft", AccountKind.OVERDRAFT_RECEIVABLE, client)
        return _book(given, owed_on=account_code, amount_minor=amount_minor)


def repay(
    *, reference: str, account_code: str, into_account: str, amount_minor: int, reason: str, value_at: datetime, **more: Any
) -> Posted:
    """The client paid: money came in on a wallet or nostro, and the receivable `account_code` shrinks by it.

    Raises MoreThanOwed, BadPosting (not such accounts, other asset), UnknownAccount, AccountClosed, PeriodClosed, ReferenceReused.
    """
    given = repayment_posting(
        reference=reference,
        account_code=account_code,
        into_account=into_account,
        amount_minor=amount_minor,
        reason=reason,
        value_at=value_at,
        **more,
    )
    return _book(given, owed_on=account_code, amount_minor=amount_minor)


def write_off(*, reference: str, account_code: str, amount_minor: int, reason: str, value_at: datetime, **more: Any) -> Posted:
    """Nobody will pay: the receivable `account_code` shrinks, and the loss is ours.

    Raises MoreThanOwed, BadPosting (not a receivable), UnknownAccount, AccountClosed, PeriodClosed, ReferenceReused.
    """
    claim = _account(account_code, AccountKind.OVERDRAFT_RECEIVABLE)
    given = write_off_posting(
        reference=reference, account_code=account_code, amount_minor=amount_minor, reason=reason, value_at=value_at, **more
    )
    with transaction.atomic():
        _open(given.lines[0].account_code, f"Write-off, {claim.asset_id}", AccountKind.WRITE_OFF, claim, owner="")
        return _book(given, owed_on=account_code, amount_minor=amount_minor)


def netting_posting(*, from_account: str, to_account: str, amount_minor: int, **about: Any) -> Posting:
    """Dr client money, Cr the overdrawn account or receivable."""
    source = _account(from_account, AccountKind.CLIENT_MONEY)
    target = _account(to_account, AccountKind.CLIENT_MONEY, AccountKind.OVERDRAFT_RECEIVABLE)
    if source == target or (source.owner, source.asset_id) != (target.owner, target.asset_id):
        raise BadPosting(f"{from_account} and {to_account} are not two accounts of one owner in one asset")
    return _posting(NETTING, Line.debit(from_account, amount_minor), Line.credit(to_account, amount_minor), **about)


def receivable_posting(*, account_code: str, amount_minor: int, **about: Any) -> Posting:
    """Dr overdraft receivable, Cr client money."""
    client = _account(account_code, AccountKind.CLIENT_MONEY)
    claim = chart.overdraft_account_code(client.owner, client.asset_id)
    return _posting(RECEIVABLE, Line.debit(claim, amount_minor), Line.credit(account_code, amount_minor), **about)


def repayment_posting(*, account_code: str, into_account: str, amount_minor: int, **about: Any) -> Posting:
    """Dr wallet or nostro, Cr overdraft receivable."""
    claim, cash = _account(account_code, AccountKind.OVERDRAFT_RECEIVABLE), _account(into_account, *_CASH)
    if claim.asset_id != cash.asset_id:
        raise BadPosting(f"{into_account} is not in {claim.asset_id}")
    return _posting(REPAYMENT, Line.debit(into_account, amount_minor), Line.credit(account_code, amount_minor), **about)


def write_off_posting(*, account_code: str, amount_minor: int, **about: Any) -> Posting:
    """Dr write-off expense, Cr overdraft receivable."""
    claim = _account(account_code, AccountKind.OVERDRAFT_RECEIVABLE)
    expense = chart.expense_account_code("write-off", claim.asset_id)
    return _posting(WRITE_OFF, Line.debit(expense, amount_minor), Line.credit(account_code, amount_minor), **about)


def _posting(kind: str, *lines: Line, reason: str, **about: Any) -> Posting:
    if not reason.strip():
        raise BadPosting("what is done about an overdraft has a reason")
    return Posting(kind=kind, lines=lines, description=reason.strip(), **about)


@transaction.atomic
def _book(given: Posting, *, owed_on: str, amount_minor: int) -> Posted:
    """Post, then look under the lock that the posting took whether it was too much."""
    if not Account.objects.get(code=owed_on).guarded:
        raise BadPosting(f"{owed_on} only collects: no posting locks it, so nobody could be kept from taking too much")
    try:
        posted = post(given)
    except InsufficientFunds as error:
        if error.account_code == owed_on:
            raise MoreThanOwed(owed_on, max(error.available, 0), amount_minor) from error
        raise
    left = _owed(owed_on)
    if not posted.replayed and left < 0:
        raise MoreThanOwed(owed_on, max(left + amount_minor, 0), amount_minor)
    return posted


def _owed(account_code: str) -> int:
    """What the owner owes us there; negative when we owe."""
    now = balance(account_code)
    return now.posted if now.kind == AccountKind.OVERDRAFT_RECEIVABLE else -now.posted


def _account(code: str, *kinds: AccountKind) -> Account:
    """Of one of these kinds. What an account is never changes, so it needs no lock."""
    account: Account | None = Account.objects.filter(code=code).first()
    if account is None:
        raise UnknownAccount(code)
    if account.kind not in kinds:
        raise BadPosting(f"{code} is a {account.kind} account, not {' or '.join(kinds)}")
    return account


def _open(code: str, name: str, kind: AccountKind, like: Account, *, owner: str | None = None) -> None:
    """In the asset, and unless told otherwise of the owner, of `like`."""
    if not Account.objects.filter(code=code).exists():
        open_account(code=code, name=name, kind=kind, asset_id=like.asset_id, owner=like.owner if owner is None else owner)
