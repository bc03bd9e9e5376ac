"""What keeps a transfer from its price."""

from transfers.failures.base import WORKING, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "quote_out_of_bounds",
        "A firm quote breaks a bound that was agreed (fee, total debit or minimum amount).",
        "Stays in CREATED and is quoted again until its not-after, then EXPIRED. No approved bound is ever stretched.",
        "The market has moved beyond your terms. We try again until your order's time is up; the funds stay reserved.",
        "Wait for the market, propose new terms (votes are void, others approve the new ones), or cancel.",
        ends=False,
    ),
    Failure(
        "no_quote",
        "No provider gave a price that can be used: each was away, too slow, not believed, or not eligible for this amount.",
        "Stays in CREATED; asked again with a growing pause. An order that is just being placed is not taken.",
        WORKING,
        "Read the round of quotes on the transfer: it says of each provider why. Halt the corridor if it stays like this.",
        ends=False,
    ),
    Failure(
        "reference_rate_stale",
        "No source has a rate for the pair that is fresh enough: no quote could be told from a mistake, no band be applied.",
        "Stays in CREATED until a fresh rate is there; nobody is asked for a quote. Where a band denies, no order is taken.",
        WORKING,
        "See Rates: which source has gone silent, and since when. Import a file, or wait for the feed. Never widen a limit.",
        ends=False,
    ),
    Failure(
        "provider_out_of_use",
        "The breaker of a provider is open: too many of its calls failed lately, or somebody took it out of use.",
        "Stays where it is; nothing was sent. New work waits until the breaker has closed, others and other corridors go on.",
        WORKING,
        "See Providers for its last errors. It tries again by itself; one that was taken out by hand is put back by hand.",
        ends=False,
    ),
    Failure(
        "provider_quota_spent",
        "As many calls as agreed with the provider were made in the last minute.",
        "Stays where it is; nothing was sent. Goes on by itself when the quota has refilled.",
        WORKING,
        "Nothing, unless it lasts: then agree a larger quota with the provider.",
        ends=False,
    ),
    Failure(
        "manual_quote_awaited",
        "The price comes from a desk by phone, and its quote is not entered yet.",
        "Stays in CREATED; goes on when a quote is entered and confirmed, or ends at its not-after.",
        WORKING,
        "Call the desk and enter its quote on its page under Providers, with the evidence; somebody else confirms it.",
        ends=False,
    ),
    Failure(
        "manual_deal_awaited",
        "The quote of a desk by phone is confirmed; the deal is not entered yet.",
        "Stays in QUOTED; when the quote runs out before, back to CREATED for another one.",
        WORKING,
        "Close the deal by phone, and enter its number and the evidence on the desk's page; somebody else confirms it.",
        ends=False,
    ),
)
