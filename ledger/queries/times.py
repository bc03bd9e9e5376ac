"""The three times of an entry, and where its account's totals by one of them can start.

Totals as of a moment are a line carried forward plus the entries since. An account's line is usable when all that it counts lies
before the moment: by booking time that is every line up to it, by value or settlement time every line whose latest such time lies
before it. Between that line and the account's next one lies no entry before the last point in between, so reading starts there.
"""

from enum import StrEnum


class TimeBasis(StrEnum):
    """Which time places an entry: when it was booked, when it counts, or when the outside confirmed it.

    An entry whose posting was never confirmed does not count at all by settlement time.
    """

    BOOKED = "booked_at"
    VALUE = "value_at"
    SETTLED = "settled_at"

    @property
    def column(self) -> str:
        """SQL: the time itself, of the aliases `entry` and `posting`."""
        return f"posting.{self.value}" if self is TimeBasis.SETTLED else f"entry.{self.value}"

    @property
    def needs_posting(self) -> bool:
        return self is TimeBasis.SETTLED

    @property
    def usable(self) -> str:
        """SQL: whether all that carried `line` counts lies before %(at)s, and was booked before %(known)s."""
        latest = {
            TimeBasis.BOOKED: "line.until <= %(at)s",
            TimeBasis.VALUE: "line.last_value_at < %(at)s",
            TimeBasis.SETTLED: "coalesce(line.last_settled_at, '-infinity') < %(at)s",
        }[self]
        return f"{latest} AND line.until <= %(known)s"

    def carried(self, column: str) -> str:
        """SQL: `column` (debits, credits, entries) of carried `line`, as this basis counts it."""
        return f"coalesce(line.settled_{column}, 0)" if self is TimeBasis.SETTLED else f"coalesce(line.{column}, 0)"


POSTING = "JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id"
# A posting is booked with its entries; saying so lets a month of postings be found without the others.
POSTING_TIME = "posting.booked_at"

# Each account with the usable line and the booking time from which its entries have to be added.
START = """
    SELECT account.id, account.code, account.kind, account.type, account.owner, account.asset_id,
           {debits} AS debits, {credits} AS credits, {entries} AS entries,
           (SELECT max(until) FROM ledger_carry WHERE until < coalesce(next.until, 'infinity')) AS since
      FROM ledger_account AS account
      LEFT JOIN LATERAL (SELECT * FROM ledger_carry_balance AS line WHERE line.account_id = account.id AND {usable}
                          ORDER BY line.until DESC LIMIT 1) AS line ON true
      LEFT JOIN LATERAL (SELECT later.until FROM ledger_carry_balance AS later
                          WHERE later.account_id = account.id AND later.until > coalesce(line.until, '-infinity')
                          ORDER BY later.until LIMIT 1) AS next ON true
     WHERE {which}
     ORDER BY account.asset_id COLLATE "C", account.code COLLATE "C"
"""


def start(by: TimeBasis, which: str) -> str:
    """The statement above for accounts that match `which`; takes %(at)s and %(known)s."""
    columns = {name: by.carried(name) for name in ("debits", "credits", "entries")}
    return START.format(**columns, usable=by.usable, which=which)
