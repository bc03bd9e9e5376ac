"""The entries behind a figure of revenue or expense, page by page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.money import AssetUnit
from ledger.queries import cursors
from ledger.queries.archived import refuse_interval
from ledger.queries.assets import unit
from ledger.queries.reading import one_snapshot
from ledger.queries.revenue import accounts_of, interval, narrowing
from ledger.queries.rows import select
from ledger.queries.times import POSTING, TimeBasis

MAX_PAGE = 500
_ROWS = """
    SELECT {time} AS moment, entry.id AS entry_id, entry.account_id, posting.reference, posting.kind, posting.description,
           posting.transaction_id, posting.value_at, posting.booked_at, posting.settled_at, entry.debit, entry.credit,
           coalesce(posting.metadata->'dimensions', '{{}}') AS dimensions
      FROM ledger_entry AS entry {posting}
     WHERE entry.account_id = ANY (%(accounts)s) AND {interval}
     ORDER BY {time} DESC, entry.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class EntryBehind:
    """One entry on a revenue or expense account, in minor units of `asset`; `earned` is negative for what was spent."""

    reference: str
    kind: str
    description: str
    transaction_id: UUID | None
    account_code: str
    asset: AssetUnit
    booked_at: datetime
    value_at: datetime
    settled_at: datetime | None
    dimensions: dict[str, str]
    debit: int
    credit: int

    @property
    def earned(self) -> int:
        return self.credit - self.debit


@dataclass(frozen=True, slots=True)
class Behind:
    """`next_cursor` is None on the last page."""

    rows: list[EntryBehind]
    next_cursor: str | None


def postings_behind(
    *,
    since: datetime,
    until: datetime,
    where: Mapping[str, str],
    by: TimeBasis = TimeBasis.BOOKED,
    asset_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Behind:
    """Entries that make up the figure of `revenue()` with these bounds and group `where`, newest first. Raises BadCursor,
    MonthArchived."""
    accounts = accounts_of(asset_id, where)
    refuse_interval(by, since, list(accounts))
    narrowed, parameters = narrowing(where)
    parameters |= _beyond(after)
    condition = interval(by) + narrowed + (f" AND ({by.column}, entry.id) < (%(moment)s, %(entry)s)" if after else "")
    size = max(1, min(limit, MAX_PAGE))
    bounds = {"accounts": list(accounts), "since": since, "until": until, "limit": size + 1}
    with one_snapshot():
        found = select(_ROWS.format(time=by.column, posting=POSTING, interval=condition), parameters | bounds) if accounts else []
    shown = found[:size]
    last = cursors.encode([shown[-1]["moment"].isoformat(), str(shown[-1]["entry_id"])]) if len(found) > size else None
    return Behind([_row(row, accounts) for row in shown], last)


def _beyond(after: str | None) -> dict[str, Any]:
    if after is None:
        return {}
    moment, entry = cursors.decode(after, 2)
    try:
        return {"moment": datetime.fromisoformat(moment), "entry": UUID(entry)}
    except ValueError as error:
        raise cursors.BadCursor("this page link is damaged; start again from the first page") from error


def _row(row: dict[str, Any], accounts: dict[Any, Any]) -> EntryBehind:
    account = accounts[row["account_id"]]
    names = ("reference", "kind", "description", "transaction_id", "booked_at", "value_at", "settled_at")
    facts = {name: row[name] for name in names}
    # Django leaves jsonb as text for its own fields to decode.
    facts["dimensions"] = json.loads(row["dimensions"])
    return EntryBehind(
        account_code=account.code, asset=unit(account.asset_id), debit=int(row["debit"]), credit=int(row["credit"]), **facts
    )
