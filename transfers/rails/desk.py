"""A liquidity desk: it names a rate for a conversion and stands by it for a few seconds."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import httpx

from transfers.rails.base import RetryableError, TerminalError


@dataclass(frozen=True, slots=True)
class DeskQuote:
    """A firm rate: target major units for one source major unit, good until `expires_at`. Amounts are what the desk
    itself computed, in major units; `raw` is its answer as received."""

    quote_id: str
    rate: Decimal
    source_amount: Decimal
    target_amount: Decimal
    expires_at: datetime
    raw: str


class LiquidityDesk:
    """One instance per desk. Safe to share between threads."""

    def __init__(self, base_url: str, token: str, *, timeout_s: float = 5.0, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=timeout_s, follow_redirects=False, transport=transport
        )

    def close(self) -> None:
        """Give the connections back; the desk is not used afterwards."""
        self._http.close()

    def quote(self, *, source_currency: str, target_currency: str, source_amount_minor: int, source_exponent: int) -> DeskQuote:
        """Ask for a rate. A quote binds nobody until it is used, so a failure is RetryableError;
        TerminalError when the desk does not deal in the pair or the amount."""
        amount = Decimal(source_amount_minor).scaleb(-source_exponent)
        body = {"source_currency": source_currency, "target_currency": target_currency, "source_amount": f"{amount:f}"}
        try:
            response = self._http.post("/desk/quotes", json=body)
        except httpx.HTTPError as error:
            raise RetryableError(f"the liquidity desk could not be asked: {error!r}") from error
        if response.status_code in (400, 422):
            raise TerminalError(f"the liquidity desk does not quote {source_currency} to {target_currency}: {response.text[:300]}")
        if response.status_code != 200:
            raise RetryableError(f"the liquidity desk answered HTTP {response.status_code}")
        return _read(response, amount)


def _read(response: httpx.Response, asked: Decimal) -> DeskQuote:
    try:
        body: dict[str, Any] = response.json()
        expires_at = datetime.fromisoformat(body["expires_at"])
        quote = DeskQuote(
            quote_id=str(body["quote_id"]),
            rate=_decimal(body["rate"]),
            source_amount=_decimal(body["source_amount"]),
            target_amount=_decimal(body["target_amount"]),
            expires_at=expires_at,
            raw=response.text,
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise RetryableError(f"the liquidity desk's answer cannot be read: {error!r}") from error
    if expires_at.tzinfo is None or quote.rate <= 0 or quote.source_amount != asked or not quote.quote_id:
        raise RetryableError("the liquidity desk answered something else than what it was asked")
    return quote


def _decimal(value: object) -> Decimal:
    """Amounts travel as strings; a JSON number has been through a float already."""
    if not isinstance(value, str):
        raise TypeError(f"expected a decimal string, got {value!r}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"not a finite number: {value}")
    return number
