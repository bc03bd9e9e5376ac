"""The results of a file as CSV, line by line, without a cell that a spreadsheet would run as a formula."""

import csv
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ledger.money import Money
from ledger.queries import unit

if TYPE_CHECKING:
    from transfers.queries.bulk import LineResult

HEAD = ("line", "state", "transaction_id", "status", "amount", "currency", "destination", "reference", "failure")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_of(found: "Iterable[LineResult]") -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(HEAD)
    for one in found:
        asset = unit(one.asset)
        number = next((one.destination[name] for name in ("address", "iban", "clabe", "client") if one.destination.get(name)), "")
        cells = (one.line, one.state, one.transfer_id or "", one.status, Money(one.amount, asset).major(), asset.code)
        yield writer.writerow([*cells, _plain(number), _plain(one.reference), one.failure_code])


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
