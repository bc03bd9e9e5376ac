"""Pure matching: is this item of the outside the movement that we ordered?

Strong identifiers only. An item names a leg (transaction hash, EndToEndId, UETR) or it does not; when it does, everything else must
agree to the unit, and what does not agree is said. Nothing here reads what a provider told us: an item comes from an imported
statement or an indexed block, an expectation from the order as it was accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

RULE = "strong-identifier/1"
CERTAIN = 100

# The order in which an item's references are tried. UETR and EndToEndId are ours; a transaction hash follows from signed bytes.
STRONG_KINDS = ("tx_hash", "uetr", "end_to_end_id")
BANK_LINE, TOKEN_TRANSFER, GAS = "bank_line", "token_transfer", "gas"
DEBIT, CREDIT = "debit", "credit"


class Role(StrEnum):
    """What an item proves about a leg."""

    PAYMENT = "payment"
    RECEIPT = "receipt"
    RETURN = "return"
    GAS = "gas"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"


class Verdict(StrEnum):
    """OTHER: it bears our reference and is another movement. RETURNED: the bank gave the money back. NOT_BOOKED: it is the movement
    as ordered, and our books say that it was never made."""

    MATCHED = "matched"
    AMOUNT = "amount"
    FEE = "fee"
    DUPLICATE = "duplicate"
    OTHER = "other"
    RETURNED = "returned"
    NOT_BOOKED = "not_booked"


@dataclass(frozen=True, slots=True)
class Seen:
    """An external item. `account` is the ledger account of the source that reports it, `amount` in minor units of `currency` (a
    currency code or an asset id), `names` its strong references by kind. `counterparty` is empty where a bank does not say;
    `holder` is the address that the source reads: several may share one ledger account."""

    kind: str
    direction: str
    account: str
    currency: str
    amount: int
    counterparty: str
    names: Mapping[str, str] = field(default_factory=dict)
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """A leg as ordered: an item of `kind` leaves `account` for `counterparty`. Where it ends in an account of ours too, that is
    `receiving_account`, which sees it come from `payer`. `gas_cost` is what our books say the sending cost, None while they do not;
    it is paid from `gas_account` by `sender`, the wallet that sends, which need not be the payer.
    """

    kind: str
    account: str
    currency: str
    amount: int
    counterparty: str
    receiving_account: str = ""
    payer: str = ""
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gas_currency: str = ""
    gas_cost: int | None = None
    gas_account: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`expected` is null where the books have no figure to compare with."""

    verdict: Verdict
    role: Role
    expected: int | None
    difference: str


def role_of(item: Seen) -> Role:
    """Gas is gas; money leaving is the payment itself; money arriving at a wallet of ours is the same payment's other end, and at a
    bank account the payment sent back."""
    if item.kind == GAS:
        return Role.GAS
    if item.direction == DEBIT:
        return Role.PAYMENT
    return Role.RETURN if item.kind == BANK_LINE else Role.RECEIPT


def compare(item: Seen, expected: Expected, roles_taken: frozenset[Role]) -> Comparison:
    """Hold an item against the leg it names. A role that already has its item makes this one a duplicate."""
    role = role_of(item)
    due = expected.gas_cost if role is Role.GAS else expected.amount
    if role in roles_taken:
        return Comparison(Verdict.DUPLICATE, role, due, "the same movement was already reported once")
    if role is Role.RETURN:
        return Comparison(Verdict.RETURNED, role, due, "the bank booked money back under the name of this payment")
    difference = _identity_difference(item, expected, role)
    if difference:
        return Comparison(Verdict.OTHER, role, due, difference)
    if item.amount != due:
        is_gas = role is Role.GAS
        return Comparison(
            Verdict.FEE if is_gas else Verdict.AMOUNT,
            role,
            due,
            "the gas booked is not the gas paid" if is_gas else "the amount differs",
        )
    return Comparison(Verdict.MATCHED, role, due, "")


def not_booked(compared: Comparison) -> Comparison:
    """The same comparison once it is known that the transfer has ended without this movement."""
    return Comparison(Verdict.NOT_BOOKED, compared.role, None, "our books say that this payment was not made")


def _identity_difference(item: Seen, expected: Expected, role: Role) -> str:
    """Why it is not the movement that was ordered, whatever its amount; empty when it is."""
    kind = GAS if role is Role.GAS and expected.kind == TOKEN_TRANSFER else expected.kind
    direction = CREDIT if role is Role.RECEIPT else DEBIT
    account = _account_of(expected, role)
    currency = expected.gas_currency if role is Role.GAS else expected.currency
    if item.kind != kind or item.direction != direction:
        return "it is another kind of movement"
    if item.account != account:
        return "it was booked on another account"
    if item.currency != currency:
        return f"the asset is {item.currency}, not {currency}"
    if any(value not in expected.names[kind] for kind, value in item.names.items() if kind in expected.names):
        return "its references name more than one payment"
    if kind != BANK_LINE and _bare(item.holder) != _bare(_holder_of(expected, role)):
        return "it was seen at another address of ours"
    if role is not Role.GAS and _goes_elsewhere(item, expected.payer if role is Role.RECEIPT else expected.counterparty):
        return "it came from another sender" if role is Role.RECEIPT else "it went to another destination"
    return ""


def _account_of(expected: Expected, role: Role) -> str:
    """Whose source shows it."""
    if role is Role.GAS:
        return expected.gas_account or expected.account
    return expected.receiving_account if role is Role.RECEIPT else expected.account


def _holder_of(expected: Expected, role: Role) -> str:
    """At whose address it is seen, where addresses tell."""
    if role is Role.GAS:
        return expected.sender or expected.payer
    return expected.counterparty if role is Role.RECEIPT else expected.payer


def _goes_elsewhere(item: Seen, counterparty: str) -> bool:
    """A chain always says who; a bank may leave it out."""
    if not item.counterparty and item.kind == BANK_LINE:
        return False
    return _bare(item.counterparty) != _bare(counterparty)


def _bare(number: str) -> str:
    """An account number or address without what only reading needs: spaces, and the capitals of a checksum."""
    return "".join(number.split()).casefold()
