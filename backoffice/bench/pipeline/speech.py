"""A recorded value as an expression of SQL, in which the transfer's own names, its moment and its transaction are left open.

The floor fills them in from parameters, the past from the number of the row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from backoffice.bench.pipeline.shapes import Column

NUMBERS = ("smallint", "integer", "bigint", "numeric")
# What the network counts per wallet: no two transactions have the same.
NONCE = "nonce"
_MOMENT = "timestamp with time zone"


@dataclass(frozen=True, slots=True)
class Speech:
    """`names` are replaced by what `name_at` says of their place; `moment` and `nonce` are expressions."""

    names: Sequence[str]
    name_at: Callable[[int], str]
    moment: str
    nonce: str
    txid: str = "pg_current_xact_id()::text::bigint"

    def value(self, column: Column, text: str | None, *, txid: int, since: datetime) -> str:
        """The expression for `text`, as it was written at `since` by the transaction `txid`."""
        if text is None:
            return "NULL"
        if column.name == NONCE:
            return self.nonce
        if column.type == _MOMENT:
            return f"({self.moment} + interval '{_seconds(text, since)} seconds')"
        if column.type == "bigint" and text == str(txid):
            return self.txid
        return f"({self._with_names(text)})::{column.type}"

    def _with_names(self, text: str) -> str:
        """Pieces of text and names, in their order."""
        for place, name in enumerate(self.names):
            before, found, after = text.partition(name)
            if found:
                around = [self._with_names(before)] if before else [], [self._with_names(after)] if after else []
                return " || ".join([*around[0], self.name_at(place), *around[1]])
        return _quoted(text)


def _seconds(text: str, since: datetime) -> str:
    return f"{(datetime.fromisoformat(text) - since).total_seconds():.6f}"


def _quoted(text: str) -> str:
    return sql.Literal(text).as_string()
