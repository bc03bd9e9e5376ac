"""Quotes of the liquidity desk."""

from decimal import Decimal

import httpx
import pytest

from backoffice.sandbox.bank import desk


def test_the_same_moment_gives_the_same_rate_and_a_later_one_another() -> None:
    assert desk.rate_at("USDC", "MXN", 1000.0) == desk.rate_at("USDC", "MXN", 1004.9)
    assert desk.rate_at("USDC", "MXN", 1000.0) != desk.rate_at("USDC", "MXN", 1005.0)


def test_a_rate_never_drifts_further_than_it_says() -> None:
    rates = [desk.rate_at("USDC", "MXN", float(second)) for second in range(0, 2400, 5)]
    assert min(rates) >= Decimal("18.42") * Decimal("0.997")
    assert max(rates) <= Decimal("18.42") * Decimal("1.003")
    assert len(set(rates)) > 100


@pytest.mark.parametrize(("currency", "places"), [("MXN", 2), ("JPY", 0), ("USDC", 6)])
def test_the_target_amount_is_rounded_down_to_what_the_currency_has(currency: str, places: int) -> None:
    quote = desk.quote(source_currency="EUR", target_currency=currency, source_amount="7.77", now=0.0)
    assert len(quote["target_amount"].partition(".")[2]) == places
    assert Decimal(quote["target_amount"]) <= Decimal("7.77") * Decimal(quote["rate"])


def test_a_quote_is_firm_for_thirty_seconds(http: httpx.Client) -> None:
    asked = {"source_currency": "USDC", "target_currency": "MXN", "source_amount": "1000.00"}
    quote = http.post("/desk/quotes", json=asked).json()
    assert quote["expires_at"] == "2026-09-21T14:13:50.000Z"
    assert quote["source_amount"] == "1000.00"
    assert http.post("/desk/quotes", json=asked).json()["quote_id"] != quote["quote_id"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"source_currency": "USDC", "target_currency": "XXX", "source_amount": "1"}, 422),
        ({"source_currency": "MXN", "target_currency": "MXN", "source_amount": "1"}, 422),
        ({"source_currency": "USDC", "target_currency": "MXN", "source_amount": "0"}, 422),
        ({"source_currency": "USDC", "target_currency": "MXN", "source_amount": "-5"}, 422),
        ({"source_currency": "USDC", "target_currency": "MXN", "source_amount": "NaN"}, 422),
        ({"source_currency": "MXN", "target_currency": "USD", "source_amount": "1.001"}, 422),
        ({"source_currency": "MXN", "target_currency": "USD", "source_amount": "0.01"}, 422),
        ({"source_currency": "USDC", "target_currency": "MXN"}, 400),
        ({"source_currency": "USDC", "target_currency": "MXN", "source_amount": 1}, 400),
    ],
)
def test_what_the_desk_does_not_deal_in_is_refused(http: httpx.Client, asked: dict[str, object], status: int) -> None:
    assert http.post("/desk/quotes", json=asked).status_code == status
