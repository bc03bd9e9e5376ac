"""What people read about a correction: its title, its particulars, and why it could not be booked. From the payload alone."""

from collections.abc import Callable
from typing import Any

from approvals.corrections.payload import ADJUSTMENT, NETTING, RECEIVABLE, REPAYMENT, REVERSAL, WRITE_OFF, totals
from approvals.registry import Fact
from ledger import errors
from ledger.money import Money
from ledger.queries import balance, unit

_TITLES = {
    REVERSAL: "Reverse posting {corrects}: {amount}",
    ADJUSTMENT: "Adjust posting {corrects}: {amount}",
    NETTING: "Net {amount} of {debited} against {credited}",
    RECEIVABLE: "Claim {amount} that {credited} is below zero",
    REPAYMENT: "Book a repayment of {amount} on {credited}",
    WRITE_OFF: "Write off {amount} of {credited}",
}


_MEANS = {
    REVERSAL: "A reversal: the posting is undone whole, by its mirror image",
    ADJUSTMENT: "An adjustment: lines that put the posting right and leave it standing",
    NETTING: "A netting: what we owe the client on one account is set against what the client owes us",
    RECEIVABLE: "A claim: what the client is below zero becomes a receivable of its own",
    REPAYMENT: "A repayment: the client has paid what was claimed",
    WRITE_OFF: "A write-off: nobody will pay it, and the loss is ours",
}


def title(payload: dict[str, Any]) -> str:
    """One sentence with the amount."""
    return _TITLES[payload["verb"]].format(
        corrects=payload["corrects"],
        amount=" and ".join(amount_text(asset_id, minor) for asset_id, minor in totals(payload).items()),
        debited=payload["lines"][0]["account"],
        credited=payload["lines"][1]["account"],
    )


def describe(payload: dict[str, Any]) -> list[Fact]:
    """What the approver of a `ledger.correct` reads."""
    corrects = [Fact("Corrects posting", payload["corrects"], "posting")] if payload["corrects"] else []
    forced = [Fact("Below zero", "allowed: it is booked even if it takes a client below zero")] if payload["forced_kind"] else []
    return [
        Fact("What", _MEANS[payload["verb"]]),
        *corrects,
        *(_line(line) for line in payload["lines"]),
        *forced,
        Fact("Counts from", payload["value_at"], "time"),
        Fact("Why", payload["reason"]),
        Fact("Reference", payload["reference"], "reference"),
    ]


def _line(line: dict[str, str]) -> Fact:
    side = "debit" if int(line["debit"]) else "credit"
    return Fact(side.capitalize(), f"{amount_text(line['asset'], int(line[side]))} on {line['account']}", "money")


def amount_text(asset_id: str, minor: int) -> str:
    asset = unit(asset_id)
    return f"{Money(minor, asset).format()} {asset.code}"


def why_not(error: errors.LedgerError) -> str:
    """Why it cannot be booked as the books are now, in words for the place beside the button."""
    words = _WHY_NOT.get(type(error))
    if words:
        return words(error)
    sentence = str(error).rstrip(".")
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _short_of(account_code: str, has: int, wanted: int, sentence: str) -> str:
    asset_id = balance(account_code).asset.id
    return sentence.format(account_code, amount_text(asset_id, has), amount_text(asset_id, wanted))


_WHY_NOT: dict[type[errors.LedgerError], Callable[[Any], str]] = {
    errors.InsufficientFunds: lambda error: _short_of(
        error.account_code, error.available, error.requested, "{} has {} available, and {} would be taken from it."
    ),
    errors.MoreThanOwed: lambda error: _short_of(
        error.account_code, error.owed, error.asked, "On {} only {} is owed by now, and not {}."
    ),
    errors.AlreadyReversed: lambda error: f"Posting {error.reference} was reversed already.",
    errors.PeriodClosed: lambda error: (
        f"The month {error.month[:7]} is closed by now. Ask again: it is then booked in an open month and linked."
    ),
    errors.AccountClosed: lambda error: f"Account {error.account_code} is closed.",
    errors.UnknownAccount: lambda error: f"There is no account {error.account_code}.",
    errors.ReferenceReused: lambda error: f"{error.reference} was booked already, with other content.",
    errors.Unbalanced: lambda _: "Debits and credits differ in an asset.",
}
