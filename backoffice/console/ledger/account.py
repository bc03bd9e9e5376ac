"""One account as its page shows it: what it holds, the T of an interval, its statement page by page, a balance as of a moment."""

from dataclasses import dataclass

from django.urls import reverse

from backoffice.console.ledger.headline import Headline, headline, mode
from backoffice.console.ledger.intervals import Interval
from backoffice.console.ledger.t_account import T, TLine
from backoffice.console.ledger.words import spaced
from backoffice.console.parts import Paging
from ledger import queries
from ledger.models import Hold
from ledger.queries import AccountBalance, BalanceAsOf, Movement, Statement, StatementRow
from ledger.queries.as_of import direction
from ledger.queries.reading import one_snapshot

PAGE = 50
_MOST_HOLDS = 100
# So many entries are drawn one by one; more are drawn by kind.
_FEW = 14
# Beyond this nobody waits for them to be sorted by kind.
_MOST_SORTED = 20_000
_TOO_MANY = "{:,} entries on both sides: choose a shorter interval to see them by kind"


@dataclass(frozen=True, slots=True)
class AccountPage:
    """`holds` are the first of them; `rows` of the statement are newest first; `as_of` answers what was asked, if anything was."""

    balance: AccountBalance
    headline: Headline
    mode: str
    t: T
    statement: Statement
    paging: Paging
    holds: list[Hold]
    more_holds: int
    as_of: BalanceAsOf | None

    @property
    def is_last(self) -> bool:
        return self.statement.next_cursor is None


def page(code: str, wanted: Interval, after: str) -> AccountPage:
    """Everything from one snapshot. An old or cut page link starts again from the newest. Raises UnknownAccount."""
    with one_snapshot():
        statement, after = _statement(code, wanted, after)
        balance = queries.balance(code)
        holds = Hold.objects.filter(account__code=code, status=Hold.Status.PLACED).order_by("-placed_at", "-id")
        return AccountPage(
            balance=balance,
            headline=headline(balance),
            mode=mode(balance),
            t=_t(balance, statement, wanted, is_first=not after),
            statement=statement,
            paging=_paging(statement, wanted, after),
            holds=list(holds.select_related("account__asset")[:_MOST_HOLDS]),
            more_holds=max(holds.count() - _MOST_HOLDS, 0),
            as_of=queries.balance_as_of(code, wanted.at, wanted.by) if wanted.at else None,
        )


def _statement(code: str, wanted: Interval, after: str) -> tuple[Statement, str]:
    def of(cursor: str | None) -> Statement:
        return queries.statement_page(
            code, since=wanted.since, until=wanted.until, by=wanted.by, after=cursor, limit=PAGE, newest_first=True
        )

    try:
        return of(after or None), after
    except queries.BadCursor:
        return of(None), ""


def _paging(statement: Statement, wanted: Interval, after: str) -> Paging:
    return Paging(
        shown=len(statement.rows),
        noun="entries",
        first_url=f"?{wanted.query()}" if after else "",
        next_url=f"?{wanted.query(after=statement.next_cursor)}" if statement.next_cursor else "",
    )


def _t(balance: AccountBalance, statement: Statement, wanted: Interval, *, is_first: bool) -> T:
    """What was brought forward, what moved, and what is carried forward, so that both sides come to the same."""
    sign = direction(balance.type)
    t = T(f"{balance.name} as a T", balance.asset)
    _carry(t, sign * statement.opening, "Brought forward", f"{wanted.first:%-d %b %Y}")
    if is_first and statement.entries <= _FEW:
        for row in reversed(statement.rows):
            (t.debits if row.debit else t.credits).append(_entry(row, wanted))
    elif statement.entries > _MOST_SORTED:
        sides = ((t.debits, statement.debits), (t.credits, statement.credits))
        for side, amount in sides:
            side += [TLine("All of the interval", amount, note=_TOO_MANY.format(statement.entries))] if amount else []
    else:
        for movement in queries.movements(balance.code, since=wanted.since, until=wanted.until, by=wanted.by):
            (t.debits if movement.is_debit else t.credits).append(_movement(movement))
    _carry(t, -sign * statement.closing, "Carried forward", f"end of {wanted.last:%-d %b %Y}")
    return t


def _carry(t: T, net: int, title: str, note: str) -> None:
    """A balance on the side on which it stands; `net` is debits less credits."""
    if net:
        (t.debits if net > 0 else t.credits).append(TLine(title, abs(net), note=note, is_carried=True))


def _entry(row: StatementRow, wanted: Interval) -> TLine:
    url = reverse("console:posting", args=[row.reference])
    return TLine(row.description or spaced(row.kind), row.debit or row.credit, url, at=getattr(row, wanted.by.value))


def _movement(movement: Movement) -> TLine:
    return TLine(spaced(movement.kind), movement.amount, count=movement.entries)
