"""Overdrafts: a client below zero, and the ways back.

The outside took money that the client had spent (a forced posting), so the client's account, a debt of ours, is negative: now the
client owes us. It stays visible there until it is recovered. The next deposit recovers it by itself, since it credits the very
account; else it is netted, or it is moved to a receivable of its own, which is paid back, netted or written off.

Every step is one posting of two lines, the second of which credits the account on which something is owed. The `*_posting`
functions say what would be booked, the verbs book exactly that, and never more than is owed: the posting locks the account, and
what it leaves is looked at under that lock, before the commit.
"""

from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from django.db import transaction

from ledger import chart
from ledger.chart import AccountKind
from ledger.commands.accounts import open_account
from ledger.commands.postings import post
from ledger.errors import BadPosting, InsufficientFunds, MoreThanOwed, UnknownAccount
from ledger.models import Account
from ledger.posting import Line, Posted, Posting
from ledger.queries import balance

NETTING, RECEIVABLE, REPAYMENT, WRITE_OFF = (
    "overdraft.netting",
    "overdraft.receivable",
    "overdraft.repayment",
    "overdraft.write_off",
)
KINDS = (NETTING, RECEIVABLE, REPAYMENT, WRITE_OFF)
_CASH = (AccountKind.WALLET, AccountKind.NOSTRO)
_OWED_ON = (AccountKind.CLIENT_MONEY, AccountKind.OVERDRAFT_RECEIVABLE)


class About(TypedDict):
    """What every step says of itself. `reference` is deterministic: asked for again it is a no-op."""

    reference: str
    reason: str
    value_at: datetime
    metadata: NotRequired[dict[str, Any]]


def recover_by_netting(*, from_account: str, to_account: str, amount_minor: int, **about: Unpack[About]) -> Posted:
    """Set what we owe an owner on one account against what the owner owes on another.

    `from_account` holds client money; `to_account` is overdrawn, or the receivable that came of it. Raises MoreThanOwed,
    InsufficientFunds, BadPosting (another owner or asset, not such accounts), UnknownAccount, AccountClosed, PeriodClosed,
    ReferenceReused.
    """
    return book_step(netting_posting(from_account=from_account, to_account=to_account, amount_minor=amount_minor, **about))


def book_overdraft_receivable(*, account_code: str, amount_minor: int, **about: Unpack[About]) -> Posted:
    """Bring an overdrawn client account up, at most to zero, and claim the amount on a receivable of its owner (opened when there
    is none).

    Raises MoreThanOwed, BadPosting (not client money), UnknownAccount, AccountClosed, PeriodClosed, ReferenceReused.
    """
    return book_step(receivable_posting(account_code=account_code, amount_minor=amount_minor, **about))


def repay(*, account_code: str, into_account: str, amount_minor: int, **about: Unpack[About]) -> Posted:
    """The client paid: money came in on a wallet or nostro, and the receivable `account_code` shrinks by it.

    Raises MoreThanOwed, BadPosting (not such accounts, other asset), UnknownAccount, AccountClosed, PeriodClosed, ReferenceReused.
    """
    return book_step(repayment_posting(account_code=account_code, into_account=into_account, amount_minor=amount_minor, **about))


def write_off(*, account_code: str, amount_minor: int, **about: Unpack[About]) -> Posted:
    """Nobody will pay: the receivable `account_code` shrinks, and the loss is ours.

    Raises MoreThanOwed, BadPosting (not a receivable), UnknownAccount, AccountClosed, PeriodClosed, ReferenceReused.
    """
    return book_step(write_off_posting(account_code=account_code, amount_minor=amount_minor, **about))


def netting_posting(*, from_account: str, to_account: str, amount_minor: int, **about: Unpack[About]) -> Posting:
    """Dr client money, Cr the overdrawn account or receivable."""
    source, target = _account(from_account, AccountKind.CLIENT_MONEY), _account(to_account, *_OWED_ON)
    if source == target or (source.owner, source.asset_id) != (target.owner, target.asset_id):
        raise BadPosting(f"{from_account} and {to_account} are not two accounts of one owner in one asset")
    return _step(NETTING, from_account, to_account, amount_minor, about)


def receivable_posting(*, account_code: str, amount_minor: int, **about: Unpack[About]) -> Posting:
    """Dr overdraft receivable, Cr client money."""
    client = _account(account_code, AccountKind.CLIENT_MONEY)
    claim = chart.overdraft_account_code(client.owner, client.asset_id)
    return _step(RECEIVABLE, claim, account_code, amount_minor, about)


def repayment_posting(*, account_code: str, into_account: str, amount_minor: int, **about: Unpack[About]) -> Posting:
    """Dr wallet or nostro, Cr overdraft receivable."""
    claim, cash = _account(account_code, AccountKind.OVERDRAFT_RECEIVABLE), _account(into_account, *_CASH)
    if claim.asset_id != cash.asset_id:
        raise BadPosting(f"{into_account} is not in {claim.asset_id}")
    return _step(REPAYMENT, into_account, account_code, amount_minor, about)


def write_off_posting(*, account_code: str, amount_minor: int, **about: Unpack[About]) -> Posting:
    """Dr write-off expense, Cr overdraft receivable."""
    claim = _account(account_code, AccountKind.OVERDRAFT_RECEIVABLE)
    return _step(WRITE_OFF, chart.expense_account_code("write-off", claim.asset_id), account_code, amount_minor, about)


@transaction.atomic
def book_step(step: Posting) -> Posted:
    """Book what one of the `*_posting` functions made. Raises what its verb raises."""
    debit, credit = step.lines
    owed_on, amount = _account(credit.account_code, *_OWED_ON), credit.credit_minor
    _open_for(step.kind, debit.account_code, owed_on)
    try:
        posted = post(step)
    except InsufficientFunds as error:
        if error.account_code == owed_on.code:
            raise MoreThanOwed(owed_on.code, max(error.available, 0), amount) from error
        raise
    left = 0 if posted.replayed else _owed(owed_on.code)
    if left < 0:
        raise MoreThanOwed(owed_on.code, max(left + amount, 0), amount)
    return posted


def _step(kind: str, debited: str, credited: str, amount_minor: int, about: About) -> Posting:
    reason = about["reason"].strip()
    if not reason:
        raise BadPosting("what is done about an overdraft has a reason")
    return Posting(
        reference=about["reference"],
        kind=kind,
        value_at=about["value_at"],
        lines=(Line.debit(debited, amount_minor), Line.credit(credited, amount_minor)),
        description=reason,
        metadata=about.get("metadata", {}),
    )


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


def _open_for(kind: str, code: str, owed_on: Account) -> None:
    """The account that a claim or a loss is booked to comes into being with the first of them."""
    if kind not in (RECEIVABLE, WRITE_OFF) or Account.objects.filter(code=code).exists():
        return
    asset_id = owed_on.asset_id
    if kind == RECEIVABLE:
        name = f"{owed_on.name}, overdraft"
        open_account(code=code, name=name, kind=AccountKind.OVERDRAFT_RECEIVABLE, asset_id=asset_id, owner=owed_on.owner)
    else:
        open_account(code=code, name=f"Write-off, {asset_id}", kind=AccountKind.WRITE_OFF, asset_id=asset_id)
