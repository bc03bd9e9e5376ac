"""The liquidity desk: a rate per pair that drifts a little, firm for thirty seconds."""

import uuid
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from backoffice.sandbox.bank.money import exponent

VALID_FOR_S = 30
# Units of the currency for one US dollar, about where they have been lately.
_PER_DOLLAR = {
    "USD": Decimal(1),
    "USDC": Decimal(1),
    "USDT": Decimal("0.9995"),
    "EUR": Decimal("0.8640"),
    "GBP": Decimal("0.7520"),
    "MXN": Decimal("18.4200"),
    "BRL": Decimal("5.3800"),
    "PHP": Decimal("58.3000"),
    "NGN": Decimal("1460.00"),
    "KES": Decimal("129.20"),
    "COP": Decimal("3870.00"),
    "JPY": Decimal("152.40"),
}
_TOKEN_DECIMALS = {"USDC": 6, "USDT": 6}
_STEP_S = 5
_PERIOD = 240
_TICK = Decimal("0.00005")
_RATE_PLACES = Decimal("0.00000001")


class NotQuoted(ValueError):
    """The desk does not deal in this; the message says in what."""


def quote(*, source_currency: str, target_currency: str, source_amount: str, now: float) -> dict[str, str]:
    """A firm quote in the shape of the HTTP answer. Raises NotQuoted."""
    rate = rate_at(source_currency, target_currency, now)
    source = _amount(source_amount, source_currency)
    target = (source * rate).quantize(Decimal(1).scaleb(-_decimals(target_currency)), ROUND_DOWN)
    if target <= 0:
        raise NotQuoted(f"{source_amount} {source_currency} is too little to convert")
    return {
        "quote_id": f"Q-{uuid.uuid4().hex}",
        "source_currency": source_currency,
        "target_currency": target_currency,
        "source_amount": source_amount,
        "target_amount": f"{target:f}",
        "rate": f"{rate:f}",
        "expires_at": datetime.fromtimestamp(now + VALID_FOR_S, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def rate_at(source: str, target: str, now: float) -> Decimal:
    """Target units for one source unit: the table's cross rate, moved along a slow triangle of at most 0.3 percent.
    Raises NotQuoted."""
    unknown = [code for code in (source, target) if code not in _PER_DOLLAR]
    if unknown or source == target:
        raise NotQuoted(f"the desk does not quote {source} to {target}; it deals in {', '.join(_PER_DOLLAR)}")
    place = (int(now) // _STEP_S + sum(map(ord, source + target))) % _PERIOD
    drift = (abs(place - _PERIOD // 2) - _PERIOD // 4) * _TICK
    return (_PER_DOLLAR[target] / _PER_DOLLAR[source] * (1 + drift)).quantize(_RATE_PLACES)


def _decimals(currency: str) -> int:
    return _TOKEN_DECIMALS[currency] if currency in _TOKEN_DECIMALS else exponent(currency)


def _amount(written: str, currency: str) -> Decimal:
    try:
        amount = Decimal(written)
    except InvalidOperation as error:
        raise NotQuoted(f"{written!r} is not an amount") from error
    places = amount.as_tuple().exponent
    if not isinstance(places, int) or -places > _decimals(currency) or not 0 < amount < 10**15:
        raise NotQuoted(f"{written} {currency} cannot be converted")
    return amount
