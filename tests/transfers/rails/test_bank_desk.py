"""The liquidity desk as the transfers see it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tests.sandbox.bank_office import TOKEN, Office, open_office
from transfers.rails.base import RetryableError, TerminalError
from transfers.rails.desk import DeskQuote, LiquidityDesk
from transfers.rails.desk_order import DeskOrder

GOOD = {
    "quote_id": "Q-1",
    "rate": "18.5",
    "source_amount": "1000.000000",
    "target_amount": "18500.00",
    "expires_at": "2026-09-21T14:13:50.000Z",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


def ask(desk: LiquidityDesk) -> DeskQuote:
    with closing(desk):
        return desk.quote(order("MXN", 1_000_000_000))


def order(target: str, amount: int) -> DeskOrder:
    return DeskOrder(source_currency="USDC", target_currency=target, source_amount_minor=amount, source_exponent=6)


def answering(response: httpx.Response) -> LiquidityDesk:
    return LiquidityDesk("http://desk.test", "token", transport=httpx.MockTransport(lambda _: response))


def test_the_real_desk_names_a_rate(office: Office) -> None:
    quote = ask(LiquidityDesk(f"{office.url}/desk/quotes", TOKEN))
    assert quote.source_amount == Decimal(1000)
    assert abs(quote.target_amount - quote.rate * 1000) < Decimal("0.01")
    assert quote.expires_at == datetime(2026, 9, 21, 14, 13, 50, tzinfo=UTC)
    assert quote.quote_id in quote.raw


def test_a_pair_that_is_not_dealt_in_is_refused_for_good(office: Office) -> None:
    with closing(LiquidityDesk(f"{office.url}/desk/quotes", TOKEN)) as desk, pytest.raises(TerminalError, match="USDC to XXX"):
        desk.quote(order("XXX", 1))


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_desk_that_does_not_quote_now_may_quote_later(status: int) -> None:
    with pytest.raises(RetryableError):
        ask(answering(httpx.Response(status)))


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 18.5},
        {"rate": "NaN"},
        {"rate": "0"},
        {"rate": "-1"},
        {"source_amount": "1"},
        {"expires_at": "soon"},
        {"expires_at": "2026-09-21T14:13:50"},
        {"quote_id": ""},
        {"target_amount": None},
    ],
)
def test_an_answer_that_is_not_a_quote_is_not_used(change: dict[str, object]) -> None:
    assert ask(answering(httpx.Response(200, json=GOOD))).rate == Decimal("18.5")
    with pytest.raises(RetryableError):
        ask(answering(httpx.Response(200, json=GOOD | change)))
