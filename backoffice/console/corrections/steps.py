"""What may be asked for about an overdraft, by the account on which it is owed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backoffice.console.amounts import text
from ledger.chart import AccountKind
from ledger.commands import overdrafts
from ledger.models import Account
from ledger.posting import Posting
from ledger.queries import AccountBalance, balance, balances_by_code, balances_of

NETTING, RECEIVABLE, REPAYMENT, WRITE_OFF = "netting", "receivable", "repayment", "write-off"


@dataclass(frozen=True, slots=True)
class Step:
    """`counter` asks for the other account where there is a choice. `means` is what it does, in a sentence."""

    name: str
    title: str
    means: str
    counter: str = ""


_STEPS = {
    NETTING: Step(
        NETTING,
        "Net it",
        "Takes it from another account of the same client. No money moves; both balances go down.",
        "Take it from",
    ),
    RECEIVABLE: Step(
        RECEIVABLE, "Claim it as a receivable", "The client starts again at zero; what is owed gets an account of its own."
    ),
    REPAYMENT: Step(
        REPAYMENT, "Book a repayment", "The client has paid: the money is on one of our accounts already.", "Paid into"
    ),
    WRITE_OFF: Step(WRITE_OFF, "Write it off", "Nobody will pay: the loss is ours. It takes two approvers, whatever the amount."),
}
_OF_KIND: dict[str, tuple[str, ...]] = {
    AccountKind.CLIENT_MONEY: (NETTING, RECEIVABLE),
    AccountKind.OVERDRAFT_RECEIVABLE: (NETTING, REPAYMENT, WRITE_OFF),
}
_CASH = (AccountKind.WALLET, AccountKind.NOSTRO)


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that can be taken on an account now, or why it cannot. `choices` are (code, words) of the other accounts."""

    step: Step
    choices: list[tuple[str, str]]
    obstacle: str = ""


def owed(account: AccountBalance) -> int:
    """What its owner owes us there, in minor units; 0 for any other account."""
    if account.kind == AccountKind.CLIENT_MONEY:
        return max(-account.posted, 0)
    return max(account.posted, 0) if account.kind == AccountKind.OVERDRAFT_RECEIVABLE else 0


def offers(account: AccountBalance) -> list[Offer]:
    """Nothing when nothing is owed."""
    return [_offer(_STEPS[name], account) for name in _OF_KIND.get(account.kind, ())] if owed(account) else []


def offer(account: AccountBalance, name: str) -> Offer | None:
    return next((one for one in offers(account) if one.step.name == name), None)


def most(offered: Offer, account: AccountBalance) -> int:
    """What can be asked for at most: what is owed, and for a netting what there is to take."""
    available = [balance(code).available for code, _ in offered.choices] if offered.step.name == NETTING else []
    return min(owed(account), max(available, default=owed(account)))


def posting_of(step: Step, account_code: str, given: dict[str, Any], value_at: datetime) -> Posting:
    """What the step would book. Raises LedgerError."""
    about: overdrafts.About = {
        "reference": f"overdraft/{given['reference']}",
        "reason": given["reason"],
        "value_at": value_at,
    }
    amount, counter = given["amount"], given.get("counter", "")
    build: dict[str, Callable[[], Posting]] = {
        NETTING: lambda: overdrafts.netting_posting(from_account=counter, to_account=account_code, amount_minor=amount, **about),
        RECEIVABLE: lambda: overdrafts.receivable_posting(account_code=account_code, amount_minor=amount, **about),
        REPAYMENT: lambda: overdrafts.repayment_posting(
            account_code=account_code, into_account=counter, amount_minor=amount, **about
        ),
        WRITE_OFF: lambda: overdrafts.write_off_posting(account_code=account_code, amount_minor=amount, **about),
    }
    return build[step.name]()


def _offer(step: Step, account: AccountBalance) -> Offer:
    if step.name == NETTING:
        found = [one for one in balances_of(account.owner) if _can_pay(one, account)]
        return Offer(step, _choices(found), "" if found else "The client has no other money in this asset.")
    if step.name == REPAYMENT:
        codes = Account.objects.filter(kind__in=_CASH, asset_id=account.asset.id, status="open").order_by("code")
        cash = balances_by_code(list(codes.values_list("code", flat=True)))
        return Offer(step, _choices(list(cash.values())), "" if cash else "We have no wallet or bank account in this asset.")
    return Offer(step, [])


def _can_pay(one: AccountBalance, account: AccountBalance) -> bool:
    is_other = one.code != account.code and one.asset == account.asset
    return is_other and one.kind == AccountKind.CLIENT_MONEY and one.status == "open" and one.available > 0


def _choices(accounts: list[AccountBalance]) -> list[tuple[str, str]]:
    return [(one.code, f"{one.name} ({text(one.available, one.asset)} available)") for one in accounts]
