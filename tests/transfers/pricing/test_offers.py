"""Reading, judging and ranking quotes: exact arithmetic, and never worse than any honest alternative."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import AssetUnit
from transfers.pricing import offers
from transfers.pricing.offers import Disbelieved, Offer
from transfers.rails.desk import DeskQuote

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
USDC, MXN = AssetUnit("USDC.ethereum", "USDC", 6), AssetUnit("MXN", "MXN", 2)


def quoted(
    rate: str = "18.5",
    *,
    target: str = "",
    amount: int = 1_000_000_000,
    source_fee: str = "0",
    target_fee: str = "0",
    valid: timedelta = timedelta(seconds=30),
) -> DeskQuote:
    """What an honest desk would say, unless `target` is given."""
    source = Decimal(amount).scaleb(-6)
    honest = ((source - Decimal(source_fee)) * Decimal(rate) - Decimal(target_fee)).quantize(Decimal("0.01"), ROUND_DOWN)
    return DeskQuote(
        "q-1",
        Decimal(rate),
        source,
        Decimal(target) if target else honest,
        NOW + valid,
        "{}",
        Decimal(source_fee),
        Decimal(target_fee),
    )


def read(quote: DeskQuote, *, provider: str = "a", amount: int = 1_000_000_000) -> Offer:
    return offers.read(quote, provider=provider, source=USDC, source_amount=amount, target=MXN)


def test_fees_on_either_side_come_off_the_effective_rate_exactly() -> None:
    plain, before, after = read(quoted()), read(quoted(source_fee="1")), read(quoted(target_fee="18.50"))
    assert (plain.effective, plain.target_amount) == (Fraction(37, 2), 1_850_000)
    assert before.effective == after.effective == Fraction(999, 1000) * Fraction(37, 2)
    assert before.target_amount == after.target_amount == 1_848_150


def test_what_rounding_cuts_off_is_kept_as_a_part_of_a_minor_unit() -> None:
    offer = read(quoted("18.1234567"))
    assert (offer.target_amount, offer.residual) == (1_812_345, Fraction(67, 100))


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        (quoted(source_fee="-1"), "its fee is negative"),
        (quoted(target_fee="-0.01"), "its fee is negative"),
        (quoted(target="1850000", target_fee="99999"), "its fees eat up the amount"),
        (quoted(target="19000"), "is not what its rate and fees lead to"),
        (quoted(target="18499.98"), "is not what its rate and fees lead to"),
        (quoted("1000000000000000000000", target="1"), "beyond anything a market quotes"),
        (quoted("0.0000000000000000000000001", target="1"), "beyond anything a market quotes"),
        (quoted("0.000005", target="0"), "it would bring nothing"),
    ],
)
def test_a_quote_that_contradicts_itself_is_not_believed(quote: DeskQuote, words: str) -> None:
    with pytest.raises(Disbelieved, match=words):
        read(quote)


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        (quoted("20.36"), "1006 basis points above the reference"),
        (quoted("16.64"), "1006 basis points below the reference"),
        (quoted(valid=timedelta(seconds=1)), "run out"),
        (quoted(valid=timedelta(days=-1)), "run out"),
    ],
)
def test_a_quote_that_is_over_or_far_off_the_market_is_not_believed(quote: DeskQuote, words: str) -> None:
    with pytest.raises(Disbelieved, match=words):
        offers.check(read(quote), reference=Fraction(37, 2), tolerance_bps=1_000, now=NOW)


def test_fees_that_take_too_much_are_no_lie_but_too_dear() -> None:
    dear = read(quoted("18.5", target_fee="1850"))
    with pytest.raises(offers.TooDear, match="after its fees it is 1000 basis points below"):
        offers.check(dear, reference=Fraction(37, 2), tolerance_bps=999, now=NOW)
    offers.check(dear, reference=Fraction(37, 2), tolerance_bps=1_000, now=NOW)


def test_the_edge_of_the_tolerance_is_inside_it() -> None:
    for rate in ("18.87", "18.13"):
        offers.check(read(quoted(rate)), reference=Fraction(37, 2), tolerance_bps=200, now=NOW)
    assert offers.deviation_bps(Fraction("18.8700001"), Fraction(37, 2)) == 201
    assert offers.deviation_bps(Fraction("18.1299999"), Fraction(37, 2)) == -201


_RATES = st.decimals(min_value="0.5", max_value="2000", places=8)
_FEES = st.decimals(min_value="0", max_value="3", places=2)


@st.composite
def honest_quotes(draw: st.DrawFn) -> list[tuple[str, DeskQuote]]:
    amount = 1_000_000_000
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True))
    lives = st.integers(min_value=5, max_value=60)
    return [
        (
            name,
            quoted(
                f"{draw(_RATES):f}",
                amount=amount,
                source_fee=f"{draw(_FEES):f}",
                target_fee=f"{draw(_FEES):f}",
                valid=timedelta(seconds=draw(lives)),
            ),
        )
        for name in names
    ]


@given(honest_quotes(), st.randoms(use_true_random=False))
def test_the_chosen_one_is_never_worse_than_any_honest_alternative(quotes: list[tuple[str, DeskQuote]], random: Random) -> None:
    read_ones = [read(quote, provider=name) for name, quote in quotes]
    ranked = offers.ranked(read_ones)
    # In whatever order they answered.
    # In whatever order they answered.
    random.shuffle(read_ones)

    assert offers.ranked(read_ones) == ranked
    assert all(ranked[0].target_amount >= other.target_amount for other in ranked)
    assert [one.target_amount for one in ranked] == sorted((one.target_amount for one in ranked), reverse=True)
    for name, quote in quotes:
        offer = next(one for one in ranked if one.provider == name)
        exact = ((Fraction(1000) - Fraction(quote.source_fee)) * Fraction(quote.rate) - Fraction(quote.target_fee)) * 100
        assert offer.effective * 1000 * 100 == exact
        assert offer.target_amount + offer.residual == exact
        assert 0 <= offer.residual < 1
