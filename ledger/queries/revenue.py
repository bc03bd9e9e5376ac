"""What was earned and spent in an interval, by any grouping, down to the postings behind a figure.

Groups are `account` (its code), `room` (its kind in the chart), `kind` (of the posting), or the name of any dimension that postings
carry, such as `client` or `corridor`: opaque words here, given to postings by the floors above. What carries no such dimension
stands in the group of the empty name, so that figures always add up to what the accounts moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.chart import AccountType
from ledger.models import Account
from ledger.money import AssetUnit
from ledger.queries.archived import refuse_interval
from ledger.queries.assets import unit
from ledger.queries.reading import one_snapshot
from ledger.queries.rows import select
from ledger.queries.times import POSTING, TimeBasis

ACCOUNT, ROOM, KIND = "account", "room", "kind"
# Compared byte by byte: grouping by the rules of a language costs more than everything else here.
_DIMENSION = "(posting.metadata->'dimensions'->>%({name})s) COLLATE \"C\""
_KIND = 'posting.kind COLLATE "C"'
_SUMS = """
    SELECT entry.account_id, {groups} sum(entry.debit) AS debits, sum(entry.credit) AS credits, count(*) AS entries
      FROM ledger_entry AS entry {posting}
     WHERE entry.account_id = ANY (%(accounts)s) AND {interval}
     GROUP BY entry.account_id {keys}
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """Minor units of `asset`. `group` says by name what this is the figure of: the `where` of a drill-down."""

    asset: AssetUnit
    group: dict[str, str]
    revenue: int
    expense: int
    entries: int

    @property
    def net(self) -> int:
        return self.revenue - self.expense


def revenue(
    *,
    since: datetime,
    until: datetime,
    by: TimeBasis = TimeBasis.BOOKED,
    group_by: Sequence[str] = (ACCOUNT,),
    asset_id: str | None = None,
    where: Mapping[str, str] | None = None,
) -> list[Figure]:
    """Revenue and expense from `since` up to, not including, `until`, per asset and group; without `group_by` the totals per asset.
    `where` narrows it to some groups. Ordered by asset and group.
    Raises MonthArchived."""
    within = dict(where or {})
    accounts = accounts_of(asset_id, within)
    refuse_interval(by, since, list(accounts))
    groups = [name for name in group_by if name not in (ACCOUNT, ROOM)]
    columns = {f"group_{position}": column_of(name, f"name_{position}") for position, name in enumerate(groups)}
    narrowed, names = narrowing(within)
    joined = bool(groups or narrowed or by.needs_posting)
    sql = _SUMS.format(
        groups="".join(f"{column} AS {alias}, " for alias, column in columns.items()),
        keys="".join(f", {column}" for column in columns.values()),
        interval=interval(by, joined=joined) + narrowed,
        posting=POSTING if joined else "",
    )
    names |= {f"name_{position}": name for position, name in enumerate(groups)}
    with one_snapshot():
        rows = select(sql, names | {"accounts": list(accounts), "since": since, "until": until}) if accounts else []
    return _folded(rows, accounts, group_by, dict(zip(groups, columns, strict=True)))


def accounts_of(asset_id: str | None, where: Mapping[str, str]) -> dict[Any, Account]:
    """Revenue and expense accounts by id, narrowed by what `where` says of accounts."""
    found = Account.objects.filter(type__in=[AccountType.REVENUE.value, AccountType.EXPENSE.value])
    given = {"asset_id": asset_id, "code": where.get(ACCOUNT), "kind": where.get(ROOM)}
    return {account.pk: account for account in found.filter(**{name: value for name, value in given.items() if value is not None})}


def column_of(group: str, parameter: str) -> str:
    """SQL: the value of a group that postings carry; `parameter` names the one that holds the dimension's name."""
    return _KIND if group == KIND else _DIMENSION.format(name=parameter)


def narrowing(where: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """SQL and parameters by which postings are those that `where` asks for."""
    sql, parameters = "", dict[str, str]()
    for position, (group, value) in enumerate((name, value) for name, value in where.items() if name not in (ACCOUNT, ROOM)):
        sql += f" AND coalesce({column_of(group, f'where_{position}')}, '') = %(value_{position})s"
        parameters |= {f"where_{position}": group, f"value_{position}": value}
    return sql, parameters


def interval(by: TimeBasis, *, joined: bool = True) -> str:
    """SQL: the interval, said of entries and of the postings joined to them: each finds its own by what it has an index for."""
    columns = {by.column, f"posting.{by.value}"} if joined else {by.column}
    return " AND ".join(f"{column} >= %(since)s AND {column} < %(until)s" for column in sorted(columns))


def _folded(
    rows: list[dict[str, Any]], accounts: dict[Any, Account], group_by: Sequence[str], aliases: dict[str, str]
) -> list[Figure]:
    sums: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for row in rows:
        account = accounts[row["account_id"]]
        known = {ACCOUNT: account.code, ROOM: account.kind} | {name: row[alias] or "" for name, alias in aliases.items()}
        total = sums.setdefault((account.asset_id, tuple(known[name] for name in group_by)), [0, 0, 0])
        earned, change = account.type == AccountType.REVENUE, int(row["credits"] - row["debits"])
        for place, amount in enumerate((change if earned else 0, 0 if earned else -change, row["entries"])):
            total[place] += amount
    return [
        Figure(unit(asset_id), dict(zip(group_by, values, strict=True)), *sums[asset_id, values])
        for asset_id, values in sorted(sums)
    ]
