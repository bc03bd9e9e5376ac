"""The words of the books: sides of the equation, kinds of accounts and of postings, and what a balance means."""

from backoffice.console.parts import Badge, Tone
from ledger.chart import AccountKind, AccountType

# In the order in which a chart of accounts is read.
TYPES: dict[str, str] = {
    AccountType.ASSET: "Assets",
    AccountType.LIABILITY: "Liabilities",
    AccountType.EQUITY: "Equity",
    AccountType.REVENUE: "Revenue",
    AccountType.EXPENSE: "Expenses",
}
MEANINGS: dict[str, str] = {
    AccountType.ASSET: "what we hold",
    AccountType.LIABILITY: "what we owe",
    AccountType.EQUITY: "what is the house's own",
    AccountType.REVENUE: "what we earned",
    AccountType.EXPENSE: "what it cost",
}
_HELD = (AccountKind.WALLET, AccountKind.NOSTRO, AccountKind.CLEARING, AccountKind.GAS_INVENTORY)


def spaced(name: str) -> str:
    """A name of ours as words: `network_fee_expense` -> "Network fee expense"."""
    return name.replace("_", " ").replace(".", ", ").capitalize()


def below_zero(kind: str, posted: int) -> Badge | None:
    """What to make of a negative balance. Positions, rounding and the house's own may stand on either side."""
    if posted >= 0:
        return None
    if kind == AccountKind.CLIENT_MONEY:
        return Badge("overdrawn", Tone.DANGER)
    return Badge("below zero", Tone.LOOK) if kind in _HELD else None
