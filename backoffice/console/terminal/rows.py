"""Rows of the terminal: a place with its figures, and in one word and one sentence whether both sides agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from audit import clock
from backoffice.console import amounts
from backoffice.console.formats import duration
from backoffice.console.parts import Badge, Tone
from backoffice.console.terminal.levels import Drawn, drawn
from ledger.money import AssetUnit
from reconciliation.models import BalanceReading
from reconciliation.positions import AssetTotal, Overview, PlaceKind, Position
from transfers.queries.liquidity import Liquidity

_KINDS = {PlaceKind.WALLET: "wallet", PlaceKind.GAS: "gas", PlaceKind.BANK: "bank account", PlaceKind.POOL: "pool"}
_PURPOSES = {
    "hot": "hot wallet",
    "settlement": "at the liquidity partner",
    "cold": "cold storage",
    "house": "the house's own",
    "wallet": "addresses of clients",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`key` is stable, for the page's own ids. `where` says as of which block or statement the outside's figure is."""

    key: str
    position: Position
    what: str
    badge: Badge
    sentence: str
    where: str
    levels: Drawn | None


@dataclass(frozen=True, slots=True)
class Group:
    """Everything in one asset."""

    asset: AssetUnit
    total: AssetTotal
    rows: list[Row]


def groups(
    found: Overview, paid_from: Mapping[str, Liquidity], *, asset: str = "", kind: str = "", only_differences: bool = False
) -> list[Group]:
    """By asset, narrowed to what was asked for. A total is always of the whole asset. `paid_from` by ledger account."""
    totals = {total.asset.id: total for total in found.totals}
    rows = [_row(position, drawn(paid_from.get(position.place.account_code))) for position in found.positions]
    shown = [
        row
        for row in rows
        if asset in ("", row.position.place.asset.id)
        and kind in ("", row.position.place.kind)
        and not (only_differences and row.badge.tone in (Tone.DONE, Tone.NEUTRAL))
    ]
    by_asset = groupby(shown, key=lambda row: row.position.place.asset.id)
    return [Group(totals[code].asset, totals[code], list(rows)) for code, rows in by_asset]


def headline(found: Overview) -> str:
    """One sentence for all of it: what is wrong first, then what is not known."""
    unexplained = [one for one in found.positions if one.is_known and one.unexplained]
    unknown = [one for one in found.positions if one.is_reported and not one.is_known]
    if unexplained:
        return f"{_places(len(unexplained))} with a difference that nothing explains"
    if unknown:
        return f"No unexplained difference where we know; {_places(len(unknown))} unknown"
    return "Books and outside agree everywhere" if found.positions else "No place for money is set up yet"


def _places(count: int) -> str:
    return f"{count} place{'' if count == 1 else 's'}"


def _row(position: Position, levels: Drawn | None) -> Row:
    badge, sentence = _verdict(position)
    place = position.place
    what = _KINDS[place.kind]
    if place.purpose:
        what = _PURPOSES.get(place.purpose, place.purpose.replace("_", " ")) if place.kind is not PlaceKind.GAS else what
    return Row(
        key=place.account_code.replace(":", "-").replace(".", "-").replace("/", "-"),
        position=position,
        what=what,
        badge=badge,
        sentence=sentence,
        where=_where(position.reading),
        levels=levels,
    )


def _verdict(position: Position) -> tuple[Badge, str]:
    if not position.is_reported:
        return Badge("only in our books"), "Nobody outside reports this account."
    if position.reading is None:
        return Badge("unknown", Tone.LOOK), "Nothing was read from outside yet."
    if position.stale:
        age = duration(clock.now() - position.reading.as_of)
        return Badge("unknown", Tone.LOOK), f"The last figure is {age} old: too old to say that anything agrees."
    return _compared(position)


def _compared(position: Position) -> tuple[Badge, str]:
    unexplained = position.unexplained or 0
    if unexplained:
        side = "more" if unexplained > 0 else "less"
        amount = amounts.text(abs(unexplained), position.place.asset)
        return Badge("unexplained", Tone.DANGER), f"Outside there is {amount} {side} than anything explains."
    if position.difference:
        return Badge("explained", Tone.DONE), "The difference is all in flight."
    return Badge("agrees", Tone.DONE), ""


def _where(reading: BalanceReading | None) -> str:
    if reading is None:
        return ""
    return f"block {reading.block_number:,}" if reading.block_number is not None else reading.source


def assets(found: Sequence[Position]) -> list[str]:
    return sorted({position.place.asset.id for position in found})
