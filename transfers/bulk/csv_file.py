"""A bulk file as CSV: a header, then one order on each line.

Columns, in any order: `amount` and `source_currency` are needed; `target_currency` (the source's when left out), `corridor`,
`reference`; and of the destination `client`, or `network` and `address`, or `iban` or `clabe` with `name`, `bic`, `country`.
Comma or semicolon; UTF-8. A column that is not known is refused, since somebody relies on it.
"""

import csv
import io
from collections.abc import Iterator, Mapping

from transfers.bulk.lines import MAX_LINES, FileUnreadable, LineProblem, OrderLine, Read, read

NEEDED = ("amount", "source_currency")
_OF_ORDER = (*NEEDED, "target_currency", "corridor", "reference")
_BY_KIND: dict[str, tuple[str, ...]] = {
    "client_account": ("client",),
    "crypto_address": ("address", "network"),
    "bank_account": ("iban", "clabe", "name", "bic", "country"),
}
COLUMNS = (*_OF_ORDER, *(name for names in _BY_KIND.values() for name in names))
_LONGEST_CELL = 500


def parse(content: bytes) -> Read:
    """Raises FileUnreadable when it is no such file at all."""
    rows = csv.reader(io.StringIO(_text(content), newline=""), delimiter=_delimiter(content), strict=True)
    try:
        header = _header(next(rows, []))
        return read(*_sorted_out(header, rows))
    except csv.Error as error:
        raise FileUnreadable(f"Line {rows.line_num} is not CSV: {error}.") from error


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable("The file is not UTF-8. Save it as CSV UTF-8 and upload it again.") from error
    if "\x00" in text:
        raise FileUnreadable("The file holds a NUL character, so it is not text. Export it as CSV again.")
    return text


def _delimiter(content: bytes) -> str:
    first = content.split(b"\n", 1)[0]
    return ";" if first.count(b";") > first.count(b",") else ","


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    unknown = sorted(set(names) - set(COLUMNS))
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise FileUnreadable(f"The first line is the header and must name {', '.join(missing)}.")
    if unknown:
        raise FileUnreadable(f"Columns that we do not know: {', '.join(unknown)}. We know {', '.join(COLUMNS)}.")
    if len(set(names)) != len(names):
        raise FileUnreadable("The header names a column twice.")
    return names


def _sorted_out(header: list[str], rows: Iterator[list[str]]) -> tuple[list[OrderLine], list[LineProblem]]:
    lines: list[OrderLine] = []
    problems: list[LineProblem] = []
    for cells in rows:
        number = rows.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) > MAX_LINES:
            raise FileUnreadable(f"It has more than {MAX_LINES:,} lines. Split it.")
        if len(cells) != len(header):
            problems.append(LineProblem(number, "", f"It has {len(cells)} cells, the header has {len(header)}."))
        elif any(len(cell) > _LONGEST_CELL for cell in cells):
            problems.append(LineProblem(number, "", f"A cell has more than {_LONGEST_CELL} characters."))
        else:
            lines.append(_line(number, {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}))
    return lines, problems


def _line(number: int, cells: Mapping[str, str]) -> OrderLine:
    source = cells.get("source_currency", "")
    return OrderLine(
        number=number,
        amount=cells.get("amount", ""),
        source_currency=source,
        target_currency=cells.get("target_currency", source),
        destination=_destination(cells),
        corridor=cells.get("corridor", ""),
        reference=cells.get("reference", ""),
    )


def _destination(cells: Mapping[str, str]) -> dict[str, str]:
    """Of the one kind whose columns are filled in; of no kind when there is none or several, which is refused as such."""
    kinds = [kind for kind, names in _BY_KIND.items() if any(name in cells for name in names)]
    if len(kinds) != 1:
        return {}
    return {"type": kinds[0]} | {name: cells[name] for name in _BY_KIND[kinds[0]] if name in cells}
