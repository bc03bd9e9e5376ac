"""The market the sandbox trades in: one true rate for each pair at a moment, and what each desk makes of it."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal

from backoffice.sandbox.bank.desk import NotQuoted, rate_at
from backoffice.sandbox.bank.money import exponent

CURRENCIES = ("USDC", "USDT", "EUR", "GBP", "MXN", "BRL", "PHP", "NGN", "KES", "COP", "JPY")
_TOKEN_DECIMALS = {"USDC": 6, "USDT": 6}
_PLACES = Decimal("0.00000001")
_BPS = Decimal(10_000)
_HALF_SPREAD_BPS = Decimal(5)


@dataclass(frozen=True, slots=True)
class Desk:
    """`spread_bps` is what it takes off the true rate; its fee is a share of the source (`fee_bps`) and a sum in the target that is
    worth `flat_usd` dollars. `least_usd` is the smallest it deals in. A quote stands for `valid_s` seconds."""

    name: str
    spread_bps: Decimal
    fee_bps: Decimal = Decimal(0)
    flat_usd: Decimal = Decimal(0)
    least_usd: Decimal = Decimal(0)
    valid_s: int = 30


# Keener than the bank's own desk, which takes the true rate: Harbour from 500 dollars on, Pacific where its flat fee weighs little.
DESKS = {
    "pacific": Desk("Pacific Liquidity", spread_bps=Decimal(-4), flat_usd=Decimal("1.50"), valid_s=20),
    "harbour": Desk("Harbour FX", spread_bps=Decimal(-6), fee_bps=Decimal(4), least_usd=Decimal(500), valid_s=45),
}


def quote(desk: Desk, asked: dict[str, str], *, now: float) -> dict[str, str]:
    """A firm quote in the shape of the HTTP answer. Raises NotQuoted, and KeyError for a field that is missing."""
    source, target, text = asked["source_currency"], asked["target_currency"], asked["source_amount"]
    amount = _amount(text)
    true = rate_at(source, target, now)
    if amount * rate_at(source, "USD", now) < desk.least_usd if source != "USD" else amount < desk.least_usd:
        raise NotQuoted(f"{desk.name} deals from {desk.least_usd} US dollars")
    rate = (true * (1 - desk.spread_bps / _BPS)).quantize(_PLACES, ROUND_DOWN)
    fee, currency = _fee(desk, source, target, amount, now)
    net = (amount - fee) * rate if currency == source else amount * rate - fee
    cent = Decimal(1).scaleb(-decimals(target))
    if net < cent:
        raise NotQuoted(f"{text} {source} is too little to convert")
    return {
        "quote_id": f"{desk.name.split()[0].upper()}-{uuid.uuid4().hex}",
        "source_currency": source,
        "target_currency": target,
        "source_amount": text,
        "rate": f"{rate:f}",
        "fee": f"{fee:f}",
        "fee_currency": currency,
        "target_amount": f"{net.quantize(cent, ROUND_DOWN):f}",
        "expires_at": stamp(now + desk.valid_s),
    }


def _fee(desk: Desk, source: str, target: str, amount: Decimal, now: float) -> tuple[Decimal, str]:
    if desk.fee_bps:
        return (amount * desk.fee_bps / _BPS).quantize(Decimal(1).scaleb(-decimals(source)), ROUND_DOWN), source
    worth = desk.flat_usd if target == "USD" else desk.flat_usd * rate_at("USD", target, now)
    return worth.quantize(Decimal(1).scaleb(-decimals(target)), ROUND_DOWN), target


def sheet(*, now: float) -> dict[str, object]:
    """What the rate feed publishes, two-sided: every currency against the dollar and against USDC."""
    pairs = [("USD", code) for code in CURRENCIES if code not in _TOKEN_DECIMALS]
    pairs += [("USDC", code) for code in ("USD", "USDT", *CURRENCIES) if code != "USDC"]
    return {"observed_at": stamp(now), "rates": [_row(base, other, now) for base, other in dict.fromkeys(pairs)]}


def _row(base: str, other: str, now: float) -> dict[str, str]:
    middle = rate_at(base, other, now)
    half = middle * _HALF_SPREAD_BPS / _BPS
    bid, ask = ((middle + side).quantize(_PLACES) for side in (-half, half))
    return {"base": base, "quote": other, "bid": f"{bid:f}", "ask": f"{ask:f}"}


def decimals(currency: str) -> int:
    return _TOKEN_DECIMALS[currency] if currency in _TOKEN_DECIMALS else exponent(currency)


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _amount(written: str) -> Decimal:
    if not written.replace(".", "", 1).isdecimal():
        raise NotQuoted(f"{written!r} is not an amount")
    return Decimal(written)
