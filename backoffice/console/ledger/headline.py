"""What is the case with an account, in one sentence around its amount."""

from dataclasses import dataclass

from approvals.models import Client
from backoffice.console import amounts
from ledger.chart import AccountKind, AccountType
from ledger.queries import AccountBalance

_OWED_TO_US = (AccountKind.RECEIVABLE, AccountKind.OVERDRAFT_RECEIVABLE)
# Before the amount, and what follows it when there is something to say.
_SENTENCES: dict[str, tuple[str, str]] = {
    AccountType.ASSET: ("holds", ""),
    AccountType.LIABILITY: ("stands at", "that we owe"),
    AccountType.EQUITY: ("stands at", ""),
    AccountType.REVENUE: ("has earned", ""),
    AccountType.EXPENSE: ("has cost", ""),
}


@dataclass(frozen=True, slots=True)
class Headline:
    """ "`lead` AMOUNT `tail`": the amount, in minor units, is drawn loudest. `held` is None where nothing is on hold."""

    lead: str
    amount: int
    tail: str
    held: int | None = None
    is_below_zero: bool = False


def headline(account: AccountBalance) -> Headline:
    if account.kind == AccountKind.CLIENT_MONEY:
        return _of_client(account)
    if account.kind in _OWED_TO_US:
        return Headline(f"{account.name}:", account.posted, "are owed to us")
    verb, tail = _SENTENCES[account.type]
    is_short = account.posted < 0 and account.type == AccountType.ASSET
    if is_short:
        return Headline(f"{account.name} is", -account.posted, "below zero", is_below_zero=True)
    return Headline(f"{account.name} {verb}", account.posted, tail)


def _of_client(account: AccountBalance) -> Headline:
    client = Client.objects.filter(pk=account.owner.removeprefix("client:")).first()
    name = client.name if client else account.name
    if account.posted < 0:
        return Headline(f"{name} is overdrawn by", -account.posted, "", account.held or None, is_below_zero=True)
    return Headline(f"{name} has", account.posted, "", account.held or None)


def mode(account: AccountBalance) -> str:
    """What guards the balance, for somebody who has to decide whether to wait."""
    if account.guarded:
        floor = amounts.text(account.floor, account.asset)
        return f"Guarded: it never goes below {floor} by itself. Only a forced posting, such as a chargeback, takes it there."
    return "Collecting: no posting waits for another here, and nothing keeps it above zero."
