"""ledger.money: nothing is lost, nothing is mixed, nothing is rounded without being told how."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import AssetMismatch, AssetUnit, Money, MoneyError, Rounding, allocate, convert, divide, rescale

USDC = AssetUnit("USDC.ethereum", "USDC", 6)
MXN = AssetUnit("MXN", "MXN", 2)
JPY = AssetUnit("JPY", "JPY", 0)
KWD = AssetUnit("KWD", "KWD", 3)
ETH = AssetUnit("ETH.ethereum", "ETH", 18)

units = st.sampled_from([USDC, MXN, JPY, KWD, ETH])
minors = st.integers(min_value=-(10**78) + 1, max_value=10**78 - 1)
everyday = st.integers(min_value=-(10**30), max_value=10**30)


@pytest.mark.parametrize(
    ("text", "asset", "minor"),
    [
        ("1000.00", MXN, 100_000),
        ("1000", MXN, 100_000),
        ("0.000001", USDC, 1),
        ("-0.5", USDC, -500_000),
        ("7", JPY, 7),
        ("1.001", KWD, 1001),
    ],
)
def test_it_reads_major_units(text: str, asset: AssetUnit, minor: int) -> None:
    assert Money.parse(text, asset) == Money(minor, asset)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1.",
        ".5",
        "1,000.00",
        "1e3",
        "+1",
        "--1",
        "0x1",
        "NaN",
        "Infinity",
        "1.0.0",
        "\u0661",
        "1_000",
        "1\n",
        "9" * 79,
    ],
)
def test_it_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(MoneyError):
        Money.parse(text, MXN)


@pytest.mark.parametrize(("text", "asset"), [("1.001", MXN), ("1.000", MXN), ("1.0", JPY), ("0.0000001", USDC)])
def test_it_refuses_more_digits_than_the_asset_has(text: str, asset: AssetUnit) -> None:
    with pytest.raises(MoneyError, match="digits after the point"):
        Money.parse(text, asset)


@pytest.mark.parametrize("number", [1.0, True, Decimal(1), "1", None])
def test_it_counts_in_ints_only(number: object) -> None:
    with pytest.raises(TypeError):
        Money(number, MXN)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        divide(number, 1, Rounding.DOWN)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        rescale(number, from_exponent=2, to_exponent=2, rounding=Rounding.EXACT)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [1, 1.0, Decimal(1)])
def test_it_parses_strings_only(number: object) -> None:
    with pytest.raises(TypeError):
        Money.parse(number, MXN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("money", "read", "plain"),
    [
        (Money(100_000, MXN), "1,000.00", "1000.00"),
        (Money(-1, MXN), "-0.01", "-0.01"),
        (Money(1_234_567, JPY), "1,234,567", "1234567"),
        (Money(0, ETH), "0.00", "0.000000000000000000"),
        (Money(1, ETH), "0.000000000000000001", "0.000000000000000001"),
        (Money(1_500_000_000, ETH), "0.0000000015", "0.000000001500000000"),
    ],
)
def test_it_writes_for_people_and_for_machines(money: Money, read: str, plain: str) -> None:
    assert (money.format(), money.major()) == (read, plain)


@given(minors, units)
def test_what_is_written_reads_back_the_same(minor: int, asset: AssetUnit) -> None:
    money = Money(minor, asset)
    assert Money.parse(money.major(), asset) == money
    assert Money.parse(money.format().replace(",", ""), asset) == money


@given(everyday, everyday, units)
def test_it_adds_and_compares_like_its_units(one: int, other: int, asset: AssetUnit) -> None:
    left, right = Money(one, asset), Money(other, asset)
    assert (left + right).minor == one + other
    assert left - right == -(right - left)
    assert ((left < right), (left <= right), (left > right), (left >= right)) == (
        one < other,
        one <= other,
        one > other,
        one >= other,
    )


def test_assets_never_mix() -> None:
    for attempt in (
        lambda: Money(1, MXN) + Money(1, JPY),
        lambda: Money(1, MXN) < Money(1, JPY),
        lambda: Money(1, MXN) - Money(1, USDC),
    ):
        with pytest.raises(AssetMismatch):
            attempt()
    assert Money(1, MXN) != Money(1, JPY)
    with pytest.raises(TypeError):
        Money(1, MXN) + 1  # type: ignore[operator]


def test_it_has_at_most_the_digits_of_the_column() -> None:
    assert Money(10**78 - 1, ETH).minor == 10**78 - 1
    with pytest.raises(MoneyError, match="78 digits"):
        Money(10**78 - 1, ETH) + Money(1, ETH)


_DECIMAL = {
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.CEILING: ROUND_CEILING,
    Rounding.FLOOR: ROUND_FLOOR,
}


@given(st.integers(-(10**12), 10**12), st.sampled_from([1, 2, 4, 5, 8, 10, 16, 20, 1000]), st.sampled_from(list(_DECIMAL)))
def test_it_rounds_as_the_decimal_module_does(numerator: int, denominator: int, rounding: Rounding) -> None:
    """Denominators whose quotients end, so that Decimal is exact too and can be the judge."""
    with localcontext() as context:
        context.prec = 60
        expected = (Decimal(numerator) / denominator).quantize(Decimal(1), rounding=_DECIMAL[rounding])
    assert divide(numerator, denominator, rounding) == expected


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.sampled_from(list(_DECIMAL)))
def test_rounding_is_off_by_less_than_one_unit(numerator: int, denominator: int, rounding: Rounding) -> None:
    assert abs(divide(numerator, denominator, rounding) * denominator - numerator) < denominator


def test_exact_refuses_instead_of_rounding() -> None:
    assert divide(6, 3, Rounding.EXACT) == 2
    with pytest.raises(MoneyError):
        divide(7, 3, Rounding.EXACT)
    with pytest.raises(ValueError, match="positive"):
        divide(1, 0, Rounding.DOWN)


def test_it_converts_at_a_rate_between_exponents() -> None:
    assert convert(Money(1_000_000_000, USDC), rate=Decimal("18.5"), target=MXN, rounding=Rounding.EXACT) == Money(1_850_000, MXN)
    assert convert(Money(1, USDC), rate=Decimal("18.5"), target=MXN, rounding=Rounding.DOWN) == Money(0, MXN)
    assert convert(Money(1, USDC), rate=Decimal("18.5"), target=MXN, rounding=Rounding.UP) == Money(1, MXN)
    assert convert(Money(1, MXN), rate=Decimal("0.0540540540"), target=USDC, rounding=Rounding.HALF_EVEN) == Money(541, USDC)


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_it_refuses_what_is_no_rate(rate: str) -> None:
    with pytest.raises(MoneyError):
        convert(Money(1, MXN), rate=Decimal(rate), target=USDC, rounding=Rounding.DOWN)


def test_it_refuses_a_float_rate() -> None:
    with pytest.raises(TypeError):
        convert(Money(1, MXN), rate=18.5, target=USDC, rounding=Rounding.DOWN)  # type: ignore[arg-type]


@given(st.integers(-(10**20), 10**20), st.integers(0, 18), st.integers(0, 18))
def test_rescaling_up_and_back_is_exact(minor: int, small: int, more: int) -> None:
    wide = rescale(minor, from_exponent=small, to_exponent=small + more, rounding=Rounding.EXACT)
    assert rescale(wide, from_exponent=small + more, to_exponent=small, rounding=Rounding.EXACT) == minor


@given(everyday, st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any), units)
def test_allocation_never_loses_a_unit(minor: int, weights: list[int], asset: AssetUnit) -> None:
    parts = allocate(Money(minor, asset), weights)
    assert sum(part.minor for part in parts) == minor
    total = sum(weights)
    assert all(abs(part.minor * total - minor * weight) < total for part, weight in zip(parts, weights, strict=True))
    assert all(part.minor == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_allocation_gives_the_odd_unit_to_the_largest_remainder() -> None:
    assert [part.minor for part in allocate(Money(100, MXN), [1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in allocate(Money(-100, MXN), [1, 1, 1])] == [-34, -33, -33]
    assert [part.minor for part in allocate(Money(10, MXN), [1, 2, 4])] == [1, 3, 6]


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1]])
def test_allocation_needs_weights(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(Money(1, MXN), weights)
