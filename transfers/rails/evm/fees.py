"""What to bid for a place in a block, and when to stop bidding. Pure arithmetic in wei per gas."""

from dataclasses import replace
from decimal import Decimal

from transfers.rails.evm.answers import FeeCaps, FeeEstimate

# Nodes take a replacement from a tenth on; an eighth keeps clear of their rounding, and is what a base fee moves in one block.
REPLACEMENT_LEAST_PERCENT = 10
REPLACEMENT_STEP_PERCENT = 125


class CapReached(Exception):
    """The next bid would cost more than may be spent. `needed` is what it would take, in wei for the whole transaction."""

    def __init__(self, message: str, *, needed: int) -> None:
        super().__init__(message)
        self.needed = needed


class BeyondSigner(Exception):
    """The bid is above what the signer may pay; the message says so to people."""


def first_bid(market: FeeEstimate, *, most: int) -> FeeEstimate:
    """A bid at the market's price that costs `most` wei at the very most.

    Raises CapReached while that buys less than half of the market's cap, which leaves room for five full blocks.
    """
    cap = min(market.max_fee_per_gas, most // market.gas_limit)
    if cap * 2 < market.max_fee_per_gas or cap < market.max_priority_fee_per_gas:
        raise CapReached(f"the network asks {market.max_cost} wei for gas, {most} are reserved", needed=market.max_cost)
    return replace(market, max_fee_per_gas=cap)


def check_caps(bid: FeeEstimate, caps: FeeCaps) -> None:
    """Raises BeyondSigner. It is not bid at the caps instead: what is stuck at them could neither be outbid nor recalled."""
    for what, asked, most in (
        ("network fees", bid.max_fee_per_gas, caps.max_fee_per_gas),
        ("tips", bid.max_priority_fee_per_gas, caps.max_priority_fee_per_gas),
    ):
        if asked > most:
            raise BeyondSigner(f"{what} are above what our signer may pay: {_gwei(asked)} gwei asked, {_gwei(most)} at most")


def next_bid(last: FeeEstimate, market: FeeEstimate, *, most: int) -> FeeEstimate:
    """The bid that takes the place of `last`: both fees an eighth higher or at the market's price, whichever is more, but within
    `most` wei for the transaction as long as that is still a tenth more. Raises CapReached otherwise."""
    cap = most // last.gas_limit
    priority = max(market.max_priority_fee_per_gas, _raised(last.max_priority_fee_per_gas, REPLACEMENT_STEP_PERCENT, 1000))
    wanted = max(market.max_fee_per_gas, _raised(last.max_fee_per_gas, REPLACEMENT_STEP_PERCENT, 1000), priority)
    least = _raised(last.max_fee_per_gas, REPLACEMENT_LEAST_PERCENT, 100)
    least_tip = _raised(last.max_priority_fee_per_gas, REPLACEMENT_LEAST_PERCENT, 100)
    if cap < max(least, least_tip):
        needed = wanted * last.gas_limit
        raise CapReached(f"a higher bid would cost up to {needed} wei for gas, {most} are reserved", needed=needed)
    fee = min(wanted, cap)
    return FeeEstimate(fee, min(priority, fee), last.gas_limit)


def _gwei(wei: int) -> str:
    return f"{Decimal(wei).scaleb(-9).normalize():f}"


def _raised(fee: int, share: int, of: int) -> int:
    """`fee` and `share`/`of` of it more, rounded up."""
    return -(-fee * (of + share) // of)
