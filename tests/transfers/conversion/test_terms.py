"""What a conversion brings: exact to the last unit, for any rate, amount and spread, and every posting balances."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import AssetUnit
from transfers.conversion import postings, terms
from transfers.conversion.postings import ConversionFacts
from transfers.conversion.terms import Split, client_rate, split

USDC, USD = AssetUnit("USDC.ethereum", "USDC", 6), AssetUnit("USD", "USD", 2)
YEN, WEI = AssetUnit("JPY", "JPY", 0), AssetUnit("ETH.ethereum", "ETH", 18)
NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)

amounts = st.integers(min_value=1, max_value=10**30)
rates = st.decimals(min_value=Decimal("0.000000000000000001"), max_value=Decimal(10**9), places=18, allow_nan=False)
spreads = st.integers(min_value=0, max_value=9_999)
units = st.sampled_from([USDC, USD, YEN, WEI])


@given(amounts, rates, spreads, units, units)
def test_nothing_is_lost_and_nothing_is_made(amount: int, rate: Decimal, bps: int, source: AssetUnit, target: AssetUnit) -> None:
    shares = split(amount, source=source, rate=rate, spread_bps=bps, target=target)
    assert shares.market == shares.client + shares.spread + shares.rounding
    assert shares.rounding in (0, 1)
    exact = Fraction(rate) * amount * 10**target.exponent / 10**source.exponent
    assert 0 <= exact - shares.market < 1
    assert 0 <= exact * (10_000 - bps) / 10_000 - shares.client < 1


@given(amounts, rates, spreads, st.integers(min_value=0, max_value=10**6))
def test_every_posting_balances_in_each_asset(amount: int, rate: Decimal, bps: int, fee: int) -> None:
    shares = split(amount, source=USDC, rate=rate, spread_bps=bps, target=USD)
    if not shares.market:
        return
    posting = postings.conversion(_facts(amount, fee, shares), value_at=NOON)
    sums: dict[str, int] = {}
    for line in posting.lines:
        asset = line.account_code.rsplit(":", 1)[1]
        sums[asset] = sums.get(asset, 0) + line.debit_minor - line.credit_minor
    assert set(sums.values()) == {0}
    ours = {line.account_code: line.credit_minor for line in posting.lines if line.credit_minor}
    assert ours.get("client:acme:USD", 0) == shares.client


def test_each_direction_has_its_own_price() -> None:
    bid, ask = client_rate(Decimal("0.9990"), 20), client_rate(Decimal("1.0010"), 30)
    assert (bid, ask) == (Decimal("0.99700200"), Decimal("0.99799700"))
    there = split(10**9, source=USDC, rate=Decimal("0.9990"), spread_bps=20, target=USD).client
    back = split(there, source=USD, rate=Decimal("1.0010"), spread_bps=30, target=USDC).client
    assert back < 10**9


@pytest.mark.parametrize(("amount", "rate", "bps"), [(0, "1", 0), (1, "0", 0), (1, "1", 10_000), (1, "-1", 0), (1, "1", -1)])
def test_what_is_no_price_is_refused(amount: int, rate: str, bps: int) -> None:
    with pytest.raises(ValueError, match="cannot convert"):
        split(amount, source=USDC, rate=Decimal(rate), spread_bps=bps, target=USD)


def test_shares_that_do_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="add up"):
        Split(market=100, client=99, spread=0, rounding=0)


def test_cashback_is_cut_after_the_last_unit() -> None:
    assert terms.cashback(99_999, 50) == 499


def test_both_directions_pass_the_same_position() -> None:
    assert postings.position("USDC.ethereum", "USD", "USD") == postings.position("USD", "USDC.ethereum", "USD")
    assert postings.position("MXN", "EUR", "EUR") == "position:EUR/MXN:EUR"


def _facts(amount: int, fee: int, shares: Split) -> ConversionFacts:
    return ConversionFacts(
        transfer_id=UUID(int=1),
        reference="R",
        client_id="acme",
        source_asset="USDC.ethereum",
        target_asset="USD",
        principal=amount,
        fee=fee,
        split=shares,
        hold_reference="H",
    )
