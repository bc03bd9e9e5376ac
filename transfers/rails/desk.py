"""A liquidity desk: it names a rate for a conversion and stands by it for a few seconds."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

import httpx

from transfers.rails.adapters import Adapter, Connection, Kind
from transfers.rails.base import NotOffered, Recorder, Reservation, RetryableError, TerminalError, forget
from transfers.rails.desk_order import DeskOrder
from transfers.rails.line import Line
from transfers.rails.settings import RailSettings
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

    def __init__(self, message: str, *, raw: str, provider: str = "") -> None:
        super().__init__(message, provider=provider)
        self.raw = raw[:4000]


class QuoteDesk(Protocol):
    """Whoever quotes conversions: a desk over HTTP, or people who enter what they were told."""

    def quote(self, order: DeskOrder) -> DeskQuote:
        """Ask for a rate. A quote binds nobody until it is used, so a failure is RetryableError; TerminalError when the desk does
        not deal in the pair or the amount."""

    def close(self) -> None:
        """Give the connections back; the desk is not used afterwards."""


class LiquidityDesk:
    """One instance per desk, asked at `url`. Safe to share between threads. `timeout_s` is for a whole answer, however slowly it
    drips."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str = "desk",
        timeout_s: float = 5.0,
        transport: httpx.BaseTransport | None = None,
        recorder: Recorder = forget,
    ) -> None:
        self.name, self._url = name, url
        self._http = Line(
            name,
            recorder,
            secrets=(token,),
            most_bytes=MAX_BYTES,
            within_s=timeout_s,
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

    def quote(self, order: DeskOrder) -> DeskQuote:
        """Ask for a rate. A quote binds nobody until it is used, so a failure is RetryableError;
        TerminalError when the desk does not deal in the pair or the amount."""
        pair, amount = (order.source_currency, order.target_currency), order.source_amount
        body = {"source_currency": pair[0], "target_currency": pair[1], "source_amount": f"{amount:f}"}
        try:
            status, text = self._post(body)
        except httpx.HTTPError as error:
            raise RetryableError(f"{self.name} could not be asked: {type(error).__name__}", provider=self.name) from error
        if status in (400, 422):
            raise TerminalError(f"{self.name} does not quote {pair[0]} to {pair[1]}: {text[:300]}", provider=self.name)
        if status != 200:
            raise RetryableError(f"{self.name} answered HTTP {status}", provider=self.name)
        return read(text, source_currency=pair[0], target_currency=pair[1], asked=amount, name=self.name)

    def reserve(self, order: DeskOrder) -> Reservation:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a desk reserves nothing: its quote holds until it says", provider=self.name)

    def submit(self, order: DeskOrder) -> DeskQuote:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("the deal is the tokens that arrive at the partner's wallet", provider=self.name)

    def status(self, reference: str) -> DeskQuote:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("what became of a deal, the partner's wallet and our nostro show", provider=self.name)

    def cancel(self, reference: str) -> DeskQuote:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a quote that nobody uses runs out by itself", provider=self.name)

    def _post(self, body: dict[str, str]) -> tuple[int, str]:
        """Status and text. Raises httpx.HTTPError, also for an answer that is too long or takes too long."""
        response = self._http.post(self._url, json=body)
        return response.status_code, response.content.decode("utf-8", errors="replace")


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
        raise Unreadable(f"the answer of {name} cannot be read: {error!r}"[:300], raw=text, provider=name) from error
    if quote.expires_at.tzinfo is None or quote.rate <= 0 or quote.source_amount != asked or not quote.quote_id:
        raise Unreadable(f"{name} answered something else than what it was asked", raw=text, provider=name)
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


def _named(settings: RailSettings) -> list[Connection]:
    alone = settings.desk_url.rstrip("/")
    nameless = [Connection("desk", f"{alone}/desk/quotes", settings.desk_token)] if alone else []
    return [*nameless, *(Connection(code, desk.url, desk.token) for code, desk in settings.desks.items())]


HTTP_DESK = Adapter(
    name="desk",
    kind=Kind.DESK,
    build=lambda to, known, recorder: LiquidityDesk(
        to.url, to.token, name=to.code, timeout_s=known.desk_timeout_s, recorder=recorder
    ),
    named=_named,
    setting="DESK_URL",
    verbs=frozenset({"quote"}),
    probe=lambda desk, sample: partial(desk.quote, sample.order) if sample.order else None,
    in_rounds=True,
)
