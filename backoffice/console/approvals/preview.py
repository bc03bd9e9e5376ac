"""The postings that an approval would lead to, worked out from the stored payload by the very functions the executor uses."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from audit import clock
from backoffice.console.parts import PostingRow
from ledger.models import LedgerTransaction
from ledger.posting import Line
from ledger.queries import AccountBalance, balances_by_code
from transfers.commands import payload as release_payload

_GROWS_BY_DEBIT = ("asset", "expense")
NEW = "opened with this posting"


def posting_rows(payload: dict[str, Any]) -> list[PostingRow]:
    """Of an order: at most the approved fee, at least the approved target."""
    return rows_of([line for posting in release_payload.postings_of(payload, value_at=clock.now()) for line in posting.lines])


def entry_rows(posting: LedgerTransaction) -> list[PostingRow]:
    """What a posting booked, without balances."""
    entries = posting.entries.select_related("account__asset").order_by("ordinal")
    return [
        PostingRow(entry.account.name, entry.account.asset, int(entry.debit) or None, int(entry.credit) or None)
        for entry in entries
    ]


def rows_of(lines: Sequence[Line]) -> list[PostingRow]:
    """Each line with the balance before and after it, if it were booked now. An account that is not open yet is opened by it."""
    accounts = balances_by_code([line.account_code for line in lines])
    beside = next(iter(accounts.values()))
    running = {code: account.posted for code, account in accounts.items()}
    return [_row(line, accounts.get(line.account_code), beside, running) for line in lines]


def _row(line: Line, account: AccountBalance | None, beside: AccountBalance, running: dict[str, int]) -> PostingRow:
    """What is opened on the way (a claim, a loss) grows by debits and is in the asset of the account beside it."""
    direction = 1 if account is None or account.type in _GROWS_BY_DEBIT else -1
    before = running.get(line.account_code, 0)
    running[line.account_code] = after = before + direction * (line.debit_minor - line.credit_minor)
    return PostingRow(
        account=account.name if account else line.account_code,
        asset=(account or beside).asset,
        debit=line.debit_minor or None,
        credit=line.credit_minor or None,
        before=before,
        after=after,
        note="" if account else NEW,
        url=reverse("console:account", args=[line.account_code]) if account else "",
    )
