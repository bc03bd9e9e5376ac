"""What the sandbox's desks and its feed of reference rates can do wrong, in words for those who practise on them."""

from backoffice.sandbox.drills.base import Drill, Place, Setting

_SECONDS = Setting("seconds", "Seconds for each answer", "5")
_ROUND = "The quote is not believed. The round of quotes shows it with the reason, and the best of the other desks is taken."


def _trouble(where: Place) -> tuple[Drill, ...]:
    """What can happen to whoever answers questions."""
    return (
        Drill(
            kind="slow",
            title="Answers slowly",
            happens="Every answer takes this long. Beyond our budget of 2 seconds nobody waits for it.",
            see="Prices come without it, on time. When it stays so, its breaker opens.",
            where=where,
            settings=(_SECONDS,),
            counted=False,
        ),
        Drill(
            kind="down",
            title="Hangs up",
            happens="Every connection ends without a word until it is called off.",
            see="Its calls fail; after some of them its breaker opens, and it is tried again by itself later.",
            where=where,
            counted=False,
        ),
        Drill(
            kind="error",
            title="Is closed",
            happens="It answers that it is closed (503).",
            see="The call is counted as failed; the next one is tried as usual.",
            where=where,
        ),
        Drill(
            kind="garbage",
            title="Answers with something else",
            happens="Instead of JSON there comes a page of HTML.",
            see="The answer is not read, and counts as failed.",
            where=where,
        ),
    )


def of_desk(where: Place) -> tuple[Drill, ...]:
    """A desk that quotes prices."""
    told = (
        ("outlier", "Quotes twice too much", "A price twice as good as any other, without a fee, consistent in itself."),
        ("negative_fee", "Pays us a fee", "The fee of its quote is negative."),
        ("floats", "Quotes in floating point", "Rate and amount are JSON numbers with a fraction."),
        ("wrong_pair", "Quotes the other way round", "Source and target currency are exchanged."),
        ("expired", "Quotes what has run out", "The quote ended a minute before it came."),
        ("wrong_amount", "Cannot multiply", "Amount, rate and fee do not agree."),
    )
    lies = tuple(Drill(kind=kind, title=title, happens=happens, see=_ROUND, where=where) for kind, title, happens in told)
    return (*_trouble(where), *lies)


def of_rates(where: Place) -> tuple[Drill, ...]:
    """The feed of reference rates."""
    frozen = Drill(
        kind="frozen",
        title="Stands still",
        happens="It goes on publishing the rates of the moment at which this is ordered.",
        see="The age of its last sheet grows until the rates count as stale, and policy says so.",
        where=where,
        counted=False,
    )
    return (*_trouble(where), frozen)
