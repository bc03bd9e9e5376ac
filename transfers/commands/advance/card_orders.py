"""What is asked of the card provider, and what its answers must agree with: the order, and its own record of it.

Every order goes out under our reference, of which the provider takes one: asking for the same thing again is harmless.
"""

from transfers.commands.exchanges import under
from transfers.errors import Waiting
from transfers.models import CardBatch, Leg, ProviderCall
from transfers.rails.base import TerminalError
from transfers.rails.psp import CardPayment
from transfers.rails.registry import rails


def call_key(leg: Leg, operation: str) -> str:
    return f"{leg.reference}/{operation}"


def find(leg: Leg, operation: str) -> CardPayment | None:
    """What the provider's record shows of the payment, asked for the sake of one of its orders. Raises RetryableError."""
    with under(call_key(leg, operation)):
        return rails().psp.find(leg.reference)


def ask_to_authorise(leg: Leg) -> CardPayment:
    """Raises as the rail does."""
    return rails().psp.authorise(reference=leg.reference, amount=leg.amount, currency=leg.asset_id, card=leg.counterparty["card"])


def authorised(leg: Leg) -> CardPayment:
    """The payment in the provider's record; one that it has lost before it was charged is authorised again. Raises as the rail."""
    payment = find(leg, "capture")
    if payment is not None:
        return payment
    with under(call_key(leg, "authorise")):
        return ask_to_authorise(leg)


def captured(leg: Leg, payment: CardPayment | None) -> CardPayment:
    """Charged now, unless the record shows that it is, or that the card was declined. Raises as the rail does, and Waiting where
    the provider answers that it was not."""
    if payment is not None and payment.status != "authorised":
        return payment
    with under(call_key(leg, "capture")):
        answer = rails().psp.capture(leg.reference)
    if answer.status == "authorised":
        raise contradicts("it answers to the order to charge that the card was authorised")
    return answer


def still_captured(leg: Leg) -> CardPayment | None:
    """What the provider told us that it has taken is in its record, until a batch at our bank is better evidence. Where it is only
    authorised it is charged once more. Raises Waiting where it is not and will not be: the client is credited, so people look."""
    payment = find(leg, "capture")
    if is_paid(leg, "capture") or not was_told(leg, "capture"):
        return payment
    if payment is None:
        raise contradicts("it said that the card was charged, and has no record of the payment")
    try:
        payment = captured(leg, payment)
    except TerminalError as error:
        raise contradicts(f"it said that the card was charged, and refuses to charge it: {error}") from error
    if payment.status != "captured":
        raise contradicts(f"it said that the card was charged, and now that it was {payment.status}")
    agreed(leg, payment)
    return payment


def was_told(leg: Leg, operation: str) -> bool:
    """Whether the provider itself has answered to the order; else two people have decided, and nothing goes out on their word."""
    return ProviderCall.objects.filter(key=call_key(leg, operation), outcome=ProviderCall.Outcome.ANSWERED).exists()


def is_paid(leg: Leg, kind: str) -> bool:
    """Whether a batch with that line of it has come to our bank."""
    named = [{"kind": kind, "reference": leg.reference}]
    return CardBatch.objects.filter(status=CardBatch.Status.PAID, lines__contains=named).exists()


def agreed(leg: Leg, payment: CardPayment) -> None:
    """Raises Waiting unless the provider speaks of what was ordered: on another word nobody is credited, and it is asked again."""
    told = (payment.reference, payment.amount, payment.currency)
    if told != (leg.reference, leg.amount, leg.asset_id):
        raise contradicts(f"it speaks of {told[0]} over {told[1]} {told[2]}, ordered was {leg.reference} over {leg.amount}")


def contradicts(words: str) -> Waiting:
    return Waiting("card_provider_contradicts", words)
