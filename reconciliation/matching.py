"""Pure matching: is this item of the outside the movement that we ordered?

Strong identifiers only. An item names a leg (transaction hash, EndToEndId, UETR) or it does not; when it does, everything else must
agree to the unit, and what does not agree is said. Nothing here reads what a provider told us: an item comes from an imported
statement or an indexed block, an expectation from the order as it was accepted.
"""

from dataclasses import dataclass
from enum import StrEnum

RULE = "strong-identifier/1"
CERTAIN = 100

# The order in which an item's references are tried. UETR and EndToEndId are ours; a transaction hash follows from signed bytes.
STRONG_KINDS = ("tx_hash", "uetr", "end_to_end_id")


class Role(StrEnum):
    """What an item proves about a leg."""

    PAYMENT = "payment"
    RECEIPT = "receipt"
    GAS = "gas"


class Verdict(StrEnum):
    MATCHED = "matched"
    AMOUNT = "amount"
    FEE = "fee"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Seen:
    """An external item. `amount` in minor units of `currency`, which is a currency code or an asset id."""

    kind: str
    direction: str
    currency: str
    amount: int
    counterparty: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A leg as ordered. `currencies` are the names its asset goes by outside; `gas_cost` is what our books say the sending cost."""

    currencies: frozenset[str]
    amount: int
    counterparty: str
    gas_currency: str
    gas_cost: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`expected` is null where the books have no figure to compare with."""

    verdict: Verdict
    role: Role
    expected: int | None
    difference: str


def role_of(item: Seen) -> Role:
    """Gas is gas; money leaving is the payment itself; money arriving at a wallet of ours is the same payment's other end."""
    if item.kind == "gas":
        return Role.GAS
    return Role.PAYMENT if item.direction == "debit" else Role.RECEIPT


def compare(item: Seen, expected: Expected, roles_taken: frozenset[Role]) -> Comparison:
    """Hold an item against the leg it names. A role that already has its item makes this one a duplicate."""
    role = role_of(item)
    due = expected.gas_cost if role is Role.GAS else expected.amount
    if role in roles_taken:
        return Comparison(Verdict.DUPLICATE, role, due, "the same movement was already reported once")
    if role is Role.GAS:
        same = item.currency == expected.gas_currency and item.amount == due
        return Comparison(Verdict.MATCHED if same else Verdict.FEE, role, due, "" if same else "the gas booked is not the gas paid")
    difference = _payment_difference(item, expected, role)
    return Comparison(Verdict.AMOUNT if difference else Verdict.MATCHED, role, due, difference)


def _payment_difference(item: Seen, expected: Expected, role: Role) -> str:
    if item.currency not in expected.currencies:
        return f"the asset is {item.currency}, not {' or '.join(sorted(expected.currencies))}"
    if item.amount != expected.amount:
        return "the amount differs"
    if role is Role.PAYMENT and expected.counterparty and item.counterparty and item.counterparty != expected.counterparty:
        return "it went to another destination"
    return ""
