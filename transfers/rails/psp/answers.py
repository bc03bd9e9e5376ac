"""What a card provider says, in our words: amounts are whole minor units."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dispute:
    """A cardholder took `amount` back, and it cost us `fee` besides: both minor units. `status` is lost or won."""

    id: str
    amount: int
    fee: int
    status: str


@dataclass(frozen=True, slots=True)
class Refund:
    """What the provider gives back to the cardholder under our `reference`; minor units."""

    id: str
    reference: str
    amount: int


@dataclass(frozen=True, slots=True)
class CardPayment:
    """What the provider says of a payment. `status` is authorised, declined or captured; `reason` why it was declined."""

    id: str
    reference: str
    amount: int
    currency: str
    status: str
    reason: str
    disputes: tuple[Dispute, ...]
    raw: str
    refunds: tuple[Refund, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchLine:
    """`gross` is positive when it is paid to us; the provider keeps `fee`. `reference` is the payment's, or the refund's; `dispute`
    is the provider's name of the dispute, where the line is about one and says so."""

    number: int
    kind: str
    reference: str
    gross: int
    fee: int
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """One payment to our bank account for many captures, less fees, refunds and chargebacks. `net` is what comes; below zero it is
    collected from us."""

    sequence: int
    reference: str
    currency: str
    net: int
    lines: tuple[BatchLine, ...]
