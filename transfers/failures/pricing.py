"""What keeps a transfer from its price."""

from transfers.failures.base import WORKING, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "quote_out_of_bounds",
        "A firm quote breaks a bound that was agreed (fee, total debit or minimum amount).",
        "Stays in CREATED and is quoted again until its not-after, then EXPIRED. No approved bound is ever stretched.",
        "The market has moved beyond your terms. We try again until your order's time is up; the funds stay reserved.",
        "Wait for the market, or cancel and agree new terms with the client.",
        ends=False,
    ),
    Failure(
        "desk_unavailable",
        "The liquidity desk does not answer a quote request.",
        "Stays in CREATED; asked again with a growing pause.",
        WORKING,
        "Check the provider's status. Halt the corridor if it stays away.",
        ends=False,
    ),
)
