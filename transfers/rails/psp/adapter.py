"""PspRail: authorise, capture, refund, ask, and read settlement batches.

Orders are idempotent by our reference, so an order whose answer was lost is resolved by asking under it. Amounts are decimal text
on the wire and whole minor units here; a number with a fraction is refused.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, TypeVar

import httpx
from iso4217 import Currency

from transfers.rails.adapters import Adapter, Connection, Kind
from transfers.rails.base import NotOffered, Recorder, Reservation, RetryableError, TerminalError, UnknownOutcome, forget
from transfers.rails.line import Line
from transfers.rails.psp.answers import Batch, BatchLine, CardPayment, Dispute, Refund
from transfers.rails.settings import RailSettings
from transfers.rails.trust import authorities

T = TypeVar("T")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_TURNED_AWAY = frozenset({401, 403, 429})
_REFUSED = frozenset({400, 409, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """Charge `amount` minor units to the card that the provider knows as `card`, under our `reference`."""

    reference: str
    amount: int
    currency: str
    card: str


class PspRail:
    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str = "psp",
        timeout_s: float = 15.0,
        transport: httpx.BaseTransport | None = None,
        recorder: Recorder = forget,
    ) -> None:
        self.name = name
        self._http = Line(
            name,
            recorder,
            secrets=(token,),
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=3.0),
            follow_redirects=False,
            trust_env=False,
            verify=authorities(),
            transport=transport,
        )

    def close(self) -> None:
        self._http.close()

    # The five verbs of every rail.

    def quote(self, order: CardOrder) -> CardPayment:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a card payment has no price of its own: fees are in the settlement batches", provider=self.name)

    def reserve(self, order: CardOrder) -> Reservation:
        """Authorise: the card's issuer sets the amount aside. Raises as `authorise`, TerminalError when the card is declined."""
        held = self.authorise(reference=order.reference, amount=order.amount, currency=order.currency, card=order.card)
        if held.status == "declined":
            raise TerminalError(f"the card was declined: {held.reason}", provider=self.name, code=held.reason)
        return Reservation(held.id)

    def submit(self, order: CardOrder) -> CardPayment:
        """Capture what was authorised. Raises as `capture`."""
        return self.capture(order.reference)

    def status(self, reference: str) -> CardPayment | None:
        return self.find(reference)

    def cancel(self, reference: str) -> CardPayment:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("what is not captured lapses by itself; what is captured is refunded", provider=self.name)

    # In a card provider's own words.

    def authorise(self, *, reference: str, amount: int, currency: str, card: str) -> CardPayment:
        """Raises RetryableError, TerminalError and UnknownOutcome: then ask `find`."""
        places = _exponent(currency)
        body = {
            "reference": reference,
            "amount": f"{Decimal(amount).scaleb(-places):.{places}f}",
            "currency": currency,
            "card": card,
        }
        return self._payment(self._order("/v1/payments", body))

    def capture(self, reference: str) -> CardPayment:
        """Take what was authorised. Raises as `authorise`."""
        return self._payment(self._order(f"/v1/payments/{reference}/capture", {}))

    def refund(self, payment: str, *, reference: str, amount: int, currency: str) -> CardPayment:
        """Give `amount` of a captured payment back to its card. Raises as `authorise`; once per reference."""
        places = _exponent(currency)
        body = {"reference": reference, "amount": f"{Decimal(amount).scaleb(-places):.{places}f}"}
        return self._payment(self._order(f"/v1/payments/{payment}/refunds", body))

    def find(self, reference: str) -> CardPayment | None:
        """None when the provider itself says that it has no such payment. Raises RetryableError."""
        response = self._ask(f"/v1/payments/{reference}")
        if response.status_code == 404 and _member(response, "code") == "payment_unknown":
            return None
        return self._read(self._payment, self._good(response))

    def settlements(self, after: int) -> list[Batch]:
        """Batches after that sequence number, oldest first. Raises RetryableError."""
        response = self._good(self._ask("/v1/settlements", after=str(after)))
        return self._read(lambda answer: [self._batch(entry) for entry in _json(answer)["data"]], response)

    def _order(self, path: str, body: Mapping[str, str]) -> httpx.Response:
        try:
            response = self._http.post(path, json=dict(body))
        except _NEVER_LEFT as error:
            raise RetryableError(f"the card provider could not be reached: {error}", provider=self.name) from error
        except httpx.HTTPError as error:
            raise UnknownOutcome(f"the order was sent and no answer arrived: {error!r}", provider=self.name) from error
        if response.status_code in _TURNED_AWAY:
            raise RetryableError(f"the card provider turned us away with HTTP {response.status_code}", provider=self.name)
        if response.status_code in _REFUSED:
            raise TerminalError(f"the card provider refused: {_member(response, 'detail')}", provider=self.name)
        if response.status_code != 200:
            raise UnknownOutcome(f"the card provider answered HTTP {response.status_code}", provider=self.name)
        return response

    def _ask(self, path: str, **params: str) -> httpx.Response:
        try:
            return self._http.get(path, params=params)
        except httpx.HTTPError as error:
            raise RetryableError(f"the card provider could not be asked: {error!r}", provider=self.name) from error

    def _good(self, response: httpx.Response) -> httpx.Response:
        if response.status_code != 200:
            raise RetryableError(f"the card provider answered HTTP {response.status_code}", provider=self.name)
        return response

    def _read(self, reader: Callable[[httpx.Response], T], response: httpx.Response) -> T:
        try:
            return reader(response)
        except UnknownOutcome as error:
            raise RetryableError(str(error), provider=self.name) from error
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise RetryableError(f"the card provider's answer cannot be read: {error!r}", provider=self.name) from error

    def _payment(self, response: httpx.Response) -> CardPayment:
        """Raises UnknownOutcome for an answer that cannot be read: the order may have been taken."""
        try:
            given = _json(response)
            currency = given["currency"]
            disputes = tuple(
                Dispute(one["id"], self._minor(one["amount"], currency), self._minor(one["fee"], currency), one["status"])
                for one in given["disputes"]
            )
            refunds = tuple(
                Refund(one["id"], one["reference"], self._minor(one["amount"], currency)) for one in given.get("refunds", ())
            )
            amount = self._minor(given["amount"], currency)
            return CardPayment(
                given["id"],
                given["reference"],
                amount,
                currency,
                given["status"],
                given["reason"],
                disputes,
                response.text,
                refunds,
            )
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise UnknownOutcome(f"the card provider's answer cannot be read: {error!r}", provider=self.name) from error

    def _batch(self, given: dict[str, Any]) -> Batch:
        currency = given["currency"]
        lines = tuple(
            BatchLine(
                int(line["number"]),
                line["kind"],
                line["reference"],
                self._minor(line["gross"], currency),
                self._minor(line["fee"], currency),
                line.get("dispute", ""),
            )
            for line in given["lines"]
        )
        return Batch(int(given["sequence"]), given["reference"], currency, self._minor(given["net"], currency), lines)

    def _minor(self, text: Any, currency: str) -> int:
        """Raises TypeError for anything but text, ValueError for what is no whole number of minor units."""
        if not isinstance(text, str):
            raise TypeError(f"amounts are text, not {text!r}")
        scaled = Decimal(text).scaleb(_exponent(currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{text} {currency} has too many decimals")
        return int(scaled)


def _exponent(currency: str) -> int:
    """Raises ValueError for what is no currency."""
    places = Currency(currency).exponent
    if places is None:
        raise ValueError(f"{currency} has no minor units")
    return int(places)


def _json(response: httpx.Response) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(response.content, parse_float=_refuse_float)
    return content


def _refuse_float(text: str) -> Any:
    raise ValueError(f"a number with a fraction: {text}")


def _member(response: httpx.Response, name: str) -> str:
    try:
        return str(response.json().get(name, ""))
    except (ValueError, AttributeError):
        return ""


def _named(settings: RailSettings) -> list[Connection]:
    return [Connection("psp", settings.psp_url, settings.psp_token)] if settings.psp_url else []


CARD_PROVIDER = Adapter(
    name="cards",
    kind=Kind.PSP,
    build=lambda to, _, recorder: PspRail(to.url, to.token, name=to.code, recorder=recorder),
    named=_named,
    setting="PSP_URL",
    verbs=frozenset({"reserve", "submit", "status"}),
    probe=lambda psp, sample: partial(psp.find, sample.reference),
    new_work=frozenset({"authorise", "reserve", "refund"}),
    under_way=frozenset({"capture", "submit", "find", "status"}),
    paced=True,
    is_single=True,
)
