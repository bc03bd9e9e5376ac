"""What may be asked for on the page of a posting, an account or a month, and what waits there already."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from approvals.models import ApprovalRequest
from backoffice.access.models import Operator
from backoffice.console.amounts import text
from backoffice.console.corrections import steps
from backoffice.console.counts import visible_requests
from backoffice.console.ledger.scope import visible_accounts
from backoffice.console.parts import Possible
from ledger import queries
from ledger.models import Account, LedgerTransaction
from ledger.queries import Month

MAY_CORRECT, MAY_CLOSE = "ledger.request_correction", "ledger.close_period"
_WAITS = "A request about it is waiting for approval; one at a time."


@dataclass(frozen=True, slots=True)
class Asks:
    """`pending` waits for approval, if there is one that the operator may see; `owed` says in words what is owed on an account."""

    pending: ApprovalRequest | None
    possible: list[Possible]
    owed: str = ""


def of_posting(posting: LedgerTransaction, operator: Operator) -> Asks:
    pending = _pending(operator, "ledger_transaction", str(posting.pk))
    corrections = queries.corrections_of(posting.reference)
    general = _obstacle_of(posting, corrections.reversed_by, operator) or (_WAITS if pending else "")
    standing = _standing(corrections.adjusted_by)
    adjusted = f"It is adjusted by {standing}, which has to be reversed first." if standing else ""
    return Asks(
        pending,
        [
            _of_posting("reverse", posting, general or adjusted, "Undoes it whole, by its mirror image."),
            _of_posting("adjust", posting, general, "Adds what it lacked, or takes back what was too much, by lines of your own."),
        ],
    )


def of_account(account: Account, operator: Operator) -> Asks | None:
    """None when nothing is owed there."""
    now = queries.balance(account.code)
    if not steps.owed(now):
        return None
    pending = _pending(operator, "account", account.code)
    general = "" if operator.has_perm(MAY_CORRECT) else "An operator or treasury asks for it."
    general = general or (_WAITS if pending else "")
    offered = [_offered(one, account.code, general or one.obstacle) for one in steps.offers(now)]
    return Asks(pending, offered, text(steps.owed(now), now.asset))


def of_months(months: Sequence[Month], operator: Operator) -> list[Asks]:
    """In the order of `months`, for one query."""
    names = [month.name for month in months]
    waiting = visible_requests(operator).filter(subject_type="period", subject_id__in=names)
    pending = {request.subject_id: request for request in waiting.filter(status=ApprovalRequest.Status.PENDING)}
    return [_of_month(month, operator, pending.get(month.name)) for month in months]


def _of_month(month: Month, operator: Operator, pending: ApprovalRequest | None) -> Asks:
    verb = "reopen" if month.status == "closed" else "close"
    obstacle = month.obstacle or ("" if operator.has_perm(MAY_CLOSE) else "Treasury asks for it.") or (_WAITS if pending else "")
    url = "" if obstacle else f"{reverse('console:correct-period')}?{urlencode({'month': month.name, 'verb': verb})}"
    return Asks(pending, [Possible(f"Ask to {verb} it" if url else f"{verb.capitalize()} it", obstacle, url)])


def sees_all_of(posting: LedgerTransaction, operator: Operator) -> bool:
    """Whether the operator may see every account that the posting moves: who does not, cannot judge what a correction does."""
    touched = set(posting.entries.values_list("account_id", flat=True))
    return visible_accounts(operator).filter(pk__in=touched).count() == len(touched)


def _of_posting(verb: str, posting: LedgerTransaction, obstacle: str, means: str) -> Possible:
    if obstacle:
        return Possible(f"{verb.capitalize()} it", obstacle)
    return Possible(f"Ask to {verb} it", means, f"{reverse(f'console:correct-{verb}')}?{urlencode({'posting': posting.reference})}")


def _standing(adjustments: Sequence[str]) -> str:
    """The first of them that was not reversed."""
    undone = set(
        LedgerTransaction.objects.filter(reverses__reference__in=adjustments).values_list("reverses__reference", flat=True)
    )
    return next((reference for reference in adjustments if reference not in undone), "")


def _obstacle_of(posting: LedgerTransaction, reversed_by: str, operator: Operator) -> str:
    if not operator.has_perm(MAY_CORRECT):
        return "An operator or treasury asks for it."
    if reversed_by:
        return f"It was reversed by {reversed_by}."
    return "" if sees_all_of(posting, operator) else "It concerns accounts that you do not see."


def _offered(one: steps.Offer, code: str, obstacle: str) -> Possible:
    url = "" if obstacle else f"{reverse('console:correct-overdraft')}?{urlencode({'account': code, 'verb': one.step.name})}"
    return Possible(f"{one.step.title}…" if url else one.step.title, obstacle or one.step.means, url)


def _pending(operator: Operator, subject_type: str, subject_id: str) -> ApprovalRequest | None:
    waiting = visible_requests(operator).filter(subject_type=subject_type, subject_id=subject_id)
    return waiting.filter(status=ApprovalRequest.Status.PENDING).first()
