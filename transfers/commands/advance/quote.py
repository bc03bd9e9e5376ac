"""CREATED to QUOTED: a firm price inside the bounds that were agreed, or another try until the order's time is up."""

from datetime import timedelta

from django.db import transaction

from approvals.models import Corridor
from audit import clock
from transfers import locks
from transfers.bounds import Bounds, breaches
from transfers.commands import moves, pricing
from transfers.commands.advance.begin import may_begin
from transfers.commands.advance.permit import permit
from transfers.commands.pricing import Price
from transfers.commands.quotes import as_price, is_alive
from transfers.crashpoints import crashpoint
from transfers.failures import FAILURES
from transfers.locks import Lease
from transfers.models import Quote, Transfer
from transfers.states import Status

# A market that left the bounds is looked at again after this.
REQUOTE_AFTER = timedelta(seconds=15)


def quote(lease: Lease) -> None:
    """Raises LeaseLost, Halted, Unproven, Refused and the rails' errors; none of them leaves anything half-done."""
    transfer = _ready(lease)
    if transfer is None:
        return
    offer = _named(transfer) or pricing.price(
        Corridor.objects.get(pk=transfer.corridor_id), transfer.source_amount, transfer=transfer
    )
    crashpoint("quote.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        permit(transfer, provider=offer.provider)
        firm = pricing.store(offer, transfer=transfer, kind=Quote.Kind.FIRM)
        broken = breaches(_bounds(transfer), fee=offer.fee, target=offer.target_amount, now=clock.now())
        if broken:
            _stay(transfer, firm, broken)
        else:
            _quoted(transfer, firm, offer)
        crashpoint("quote.before_commit")
    crashpoint("quote.after_commit")


def _ready(lease: Lease) -> Transfer | None:
    """What is to be priced; None when it may not begin."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        return transfer if may_begin(transfer) else None


def _named(transfer: Transfer) -> Price | None:
    """The client's own quote, as long as it holds; after that the market is asked as for everybody."""
    named = transfer.named_quote
    return as_price(named) if named is not None and is_alive(named) else None


def _bounds(transfer: Transfer) -> Bounds:
    return Bounds(
        source_amount=transfer.source_amount,
        max_fee=transfer.max_fee,
        max_total_debit=transfer.max_total_debit,
        min_target_amount=transfer.min_target_amount,
        not_after=transfer.good_until,
    )


def _quoted(transfer: Transfer, firm: Quote, offer: Price) -> None:
    moves.move(
        transfer,
        Status.QUOTED,
        data={
            "quote": str(firm.id),
            "provider": offer.provider,
            "rate": str(offer.rate),
            "fee": str(offer.fee),
            "target_amount": str(offer.target_amount),
            "expires_at": offer.expires_at,
        },
        quote=firm,
        fee_amount=offer.fee,
        target_amount=offer.target_amount,
        due_at=clock.now(),
    )


def _stay(transfer: Transfer, firm: Quote, broken: list[str]) -> None:
    """The transfer waits for the market; the fact is told once, not at every look."""
    again = min(clock.now() + REQUOTE_AFTER, transfer.good_until)
    words = "; ".join(broken)
    told = transfer.last_error.startswith(FAILURES["quote_out_of_bounds"].code)
    columns = {"due_at": again, "last_error": f"quote_out_of_bounds: {words}"}
    if told:
        moves.set_columns(transfer, **columns)
    else:
        moves.note(
            transfer,
            "transfer.quote_out_of_bounds",
            reason=words,
            data={"quote": str(firm.id)},
            status_text=FAILURES["quote_out_of_bounds"].client_text,
            **columns,
        )
