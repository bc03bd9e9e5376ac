"""One posting as its page shows it: what moved, a T for each asset, its times, and what it corrects or is corrected by."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from audit import queries as trail
from backoffice.access.models import Operator
from backoffice.access.roles import VIEW_CLIENT
from backoffice.console import amounts
from backoffice.console.audit.explorer import Row, rows
from backoffice.console.ledger.scope import visible_accounts
from backoffice.console.ledger.t_account import T, TLine
from backoffice.console.ledger.words import spaced
from ledger.models import Account, Entry, LedgerTransaction
from ledger.queries import Corrections, corrections_of

HIDDEN = "Account of another client"
_MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class PostingPage:
    """`moved` is the sum of the debits in words; `events` are empty for those who may not read the trail."""

    posting: LedgerTransaction
    title: str
    moved: str
    ts: list[T]
    corrections: Corrections
    events: list[Row]


def page(posting: LedgerTransaction, operator: Operator) -> PostingPage | None:
    """None when the operator may see none of its accounts. Whose they were is archived with its entries: then it is for those
    who see every client."""
    entries = list(posting.entries.select_related("account__asset").order_by("ordinal"))
    visible = _visible(visible_accounts(operator), entries)
    is_archived = not entries and operator.has_perm(VIEW_CLIENT)
    if not visible and not is_archived:
        return None
    return PostingPage(
        posting=posting,
        title=posting.description or spaced(posting.kind),
        moved=_moved(entries),
        ts=_ts(entries, visible),
        corrections=corrections_of(posting.reference),
        events=_events(posting) if operator.has_perm("audit.view_auditevent") else [],
    )


def _visible(accounts: QuerySet[Account], entries: list[Entry]) -> set[Any]:
    return set(accounts.filter(pk__in=[entry.account_id for entry in entries]).values_list("pk", flat=True))


def _moved(entries: list[Entry]) -> str:
    """Per asset the debits, which equal the credits."""
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.asset_id] = sums.get(entry.asset_id, 0) + int(entry.debit)
    return " and ".join(amounts.text(total, asset) for asset, total in sums.items())


def _ts(entries: list[Entry], visible: set[Any]) -> list[T]:
    drawn: dict[str, T] = {}
    for entry in entries:
        t = drawn.setdefault(entry.asset_id, T(entry.asset_id, entry.account.asset))
        (t.debits if entry.debit else t.credits).append(_line(entry, is_visible=entry.account_id in visible))
    return list(drawn.values())


def _line(entry: Entry, *, is_visible: bool) -> TLine:
    """Somebody else's client is neither named nor shown with what is left."""
    amount = int(entry.debit or entry.credit)
    if not is_visible:
        return TLine(HIDDEN, amount)
    after = "" if entry.balance_after is None else f"then {amounts.text(int(entry.balance_after), entry.account.asset)}"
    return TLine(entry.account.name, amount, reverse("console:account", args=[entry.account.code]), after)


def _events(posting: LedgerTransaction) -> list[Row]:
    found = trail.events(resource_type="ledger_transaction", resource_id=str(posting.pk), limit=_MOST_EVENTS)
    return rows(found.rows)
