"""A liquidity desk: it names a rate for a conversion and stands by it for a few seconds."""

import json
import re
import time
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import httpx

from transfers.rails.base import RetryableError, TerminalError
from transfers.rails.trust import authorities

# A quote is a few hundred bytes; what goes on and on is not read.
MAX_BYTES = 64 * 1024
_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class DeskQuote:
    """A firm rate: target major units for one source major unit, good until `expires_at`. Amounts are what the desk itself
    computed, in major units: `target_amount` is what arrives when `source_fee` was taken before and `target_fee` after converting.
    `raw` is its answer as received."""

    quote_id: str
    rate: Decimal
    source_amount: Decimal
    target_amount: Decimal
    expires_at: datetime
    raw: str
    source_fee: Decimal = _NONE
    target_fee: Decimal = _NONE


class Unreadable(RetryableError):
    """An answer that is no quote, or not to what was asked; `raw` is its beginning."""

    def __init__(self, message: str, *, raw: str) -> None:
        super().__init__(message)
        self.raw = raw[:4000]


class QuoteDesk(Protocol):
    """Whoever quotes conversions: a desk over HTTP, or people who enter what they were told."""

    def quote(self, *, source_currency: str, target_currency: str, source_amount_minor: int, source_exponent: int) -> DeskQuote:
        """Ask for a rate. A quote binds nobody until it is used, so a failure is RetryableError; TerminalError when the desk does
        not deal in the pair or the amount."""

    def close(self) -> None:
        """Give the connections back; the desk is not used afterwards."""


class LiquidityDesk:
    """One instance per desk. Safe to share between threads. `timeout_s` is for a whole answer, however slowly it drips."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        name: str = "desk",
        path: str = "/desk/quotes",
        timeout_s: float = 5.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._name, self._url, self._timeout_s = name, base_url.rstrip("/") + path, timeout_s
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=authorities(),
            transport=transport,
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
            status, text = self._post(body)
        except httpx.HTTPError as error:
            raise RetryableError(f"{self._name} could not be asked: {type(error).__name__}", provider=self._name) from error
        if status in (400, 422):
            raise TerminalError(f"{self._name} does not quote {source_currency} to {target_currency}: {text[:300]}")
        if status != 200:
            raise RetryableError(f"{self._name} answered HTTP {status}", provider=self._name)
        return read(text, source_currency=source_currency, target_currency=target_currency, asked=amount, name=self._name)

    def _post(self, body: dict[str, str]) -> tuple[int, str]:
        """Status and text. Raises httpx.HTTPError, also for an answer that is too long or takes too long."""
        deadline_s = time.monotonic() + self._timeout_s
        with self._http.stream("POST", self._url, json=body) as response:
            content = b""
            for part in response.iter_bytes():
                content += part
                if len(content) > MAX_BYTES or time.monotonic() > deadline_s:
                    raise httpx.ReadTimeout("the answer does not end")
            return response.status_code, content.decode("utf-8", errors="replace")


def read(text: str, *, source_currency: str, target_currency: str, asked: Decimal, name: str) -> DeskQuote:
    """The quote in `text`. Fields that we do not know are ignored; those that we need are checked. Raises Unreadable."""
    try:
        body: dict[str, Any] = json.loads(text)
        source_fee, target_fee = _fees(body, source_currency, target_currency)
        quote = DeskQuote(
            quote_id=str(body["quote_id"])[:200],
            rate=_decimal(body["rate"]),
            source_amount=_decimal(body["source_amount"]),
            target_amount=_decimal(body["target_amount"]),
            expires_at=datetime.fromisoformat(body["expires_at"]),
            raw=text,
            source_fee=source_fee,
            target_fee=target_fee,
        )
        _check_pair(body, source_currency, target_currency)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Unreadable(f"the answer of {name} cannot be read: {error!r}"[:300], raw=text) from error
    if quote.expires_at.tzinfo is None or quote.rate <= 0 or quote.source_amount != asked or not quote.quote_id:
        raise Unreadable(f"{name} answered something else than what it was asked", raw=text)
    return quote


def _check_pair(body: dict[str, Any], source_currency: str, target_currency: str) -> None:
    """Desks that repeat the pair must repeat ours."""
    said = body.get("source_currency", source_currency), body.get("target_currency", target_currency)
    if said != (source_currency, target_currency):
        raise ValueError(f"it is about {said[0]} to {said[1]}, we asked for {source_currency} to {target_currency}")


def _fees(body: dict[str, Any], source_currency: str, target_currency: str) -> tuple[Decimal, Decimal]:
    """What the desk keeps of the source, and of the target. Without a `fee` it keeps nothing."""
    if body.get("fee") is None:
        return _NONE, _NONE
    fee = _decimal(body["fee"])
    if body.get("fee_currency") == source_currency:
        return fee, _NONE
    if body.get("fee_currency") == target_currency:
        return _NONE, fee
    raise ValueError(f"its fee is in {body.get('fee_currency')!r}, which is neither side of the conversion")


def _decimal(value: object) -> Decimal:
    """Amounts travel as plain decimal strings; a JSON number has been through a float already."""
    if not isinstance(value, str):
        raise TypeError(f"expected a decimal string, got {value!r}")
    if not _DECIMAL.fullmatch(value):
        raise ValueError(f"not a plain decimal: {value[:60]}")
    return Decimal(value)
