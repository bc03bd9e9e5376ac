"""The postings that an approval would lead to, worked out from the stored payload by the very functions the executor uses."""

from typing import Any

from audit import clock
from backoffice.console.parts import PostingRow
from ledger.models import Account
from ledger.queries import balance
from transfers import postings
from transfers.commands import payload as release_payload

_GROWS_BY_DEBIT = ("asset", "expense")


def posting_rows(payload: dict[str, Any]) -> list[PostingRow]:
    """Each line with the balance it would leave if it were booked now; at most the approved fee, at least the approved target."""
    facts = release_payload.facts_of(payload)
    lines = [line for posting in postings.payment(facts, value_at=clock.now()) for line in posting.lines]
    accounts = {account.code: account for account in Account.objects.filter(code__in=[line.account_code for line in lines])}
    running: dict[str, int] = {}
    rows = []
    for line in lines:
        account = accounts[line.account_code]
        before = running.get(account.code)
        if before is None:
            before = balance(account.code).posted
        direction = 1 if account.type in _GROWS_BY_DEBIT else -1
        running[account.code] = before + direction * (line.debit_minor - line.credit_minor)
        rows.append(
            PostingRow(account.name, account.asset_id, line.debit_minor or None, line.credit_minor or None, running[account.code])
        )
    return rows
