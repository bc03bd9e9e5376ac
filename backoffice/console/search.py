"""One box for any name anything goes by. Every hit says why it matched; what somebody may not open is not found."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from backoffice.access.models import Operator
from backoffice.console import amounts
from backoffice.console.counts import visible_requests
from backoffice.console.ledger.scope import visible_accounts
from backoffice.console.parts import Badge
from backoffice.console.transfers.scope import client_ids, visible_clients
from backoffice.console.words import badge_for
from ledger.models import Entry, LedgerTransaction
from reconciliation.queries import visible_breaks
from transfers import queries

_MOST = 20
_SHORTEST = 2
# These say that something looks alike, not that it was named.
_VAGUE = ("part of", "its amount", "its destination", "the client's reference")


@dataclass(frozen=True, slots=True)
class Found:
    """`why` says which name matched; `is_exact` that the text is a name of this very thing."""

    kind: str
    title: str
    why: str
    url: str
    note: str = ""
    badge: Badge | None = None
    is_exact: bool = False


def look(text: str, operator: Operator) -> list[Found]:
    """Exact names first, then what only looks alike; empty for less than two characters."""
    wanted = text.strip()
    if len(wanted) < _SHORTEST and not wanted.isdigit():
        return []
    found = [hit for look_in in _PLACES for hit in look_in(wanted, operator)]
    return sorted(found, key=lambda hit: not hit.is_exact)


def only_one(found: list[Found]) -> Found | None:
    """The hit to go to at once: the only one, and named exactly."""
    return found[0] if len(found) == 1 and found[0].is_exact else None


def _transfers(text: str, operator: Operator) -> Iterator[Found]:
    if not operator.has_perm("transfers.view_transfer"):
        return
    for hit in queries.search(text, clients=client_ids(operator), limit=_MOST):
        transfer = hit.transfer
        yield Found(
            kind="Transfer",
            title=f"{amounts.text(int(transfer.source_amount), transfer.source_asset)} for {transfer.client.name}",
            why=hit.why,
            url=reverse("console:transfer", args=[transfer.pk]),
            note=transfer.reference,
            badge=badge_for(transfer.status),
            is_exact=not hit.why.startswith(_VAGUE),
        )


def _requests(text: str, operator: Operator) -> Iterator[Found]:
    if not operator.has_perm("approvals.view_approvalrequest"):
        return
    for request in visible_requests(operator).filter(_named(text))[:_MOST]:
        url = reverse("console:approval", args=[request.pk])
        yield Found("Approval", request.title, _why(text), url, request.reference, badge_for(request.status), is_exact=True)


def _breaks(text: str, operator: Operator) -> Iterator[Found]:
    if not operator.has_perm("reconciliation.view_break"):
        return
    for one in visible_breaks(visible_clients(operator)).filter(_named(text))[:_MOST]:
        url = reverse("console:break", args=[one.pk])
        yield Found("Break", one.title, _why(text), url, one.reference, badge_for(one.status), is_exact=True)


def _clients(text: str, operator: Operator) -> Iterator[Found]:
    if not operator.has_perm("transfers.view_transfer"):
        return
    for client in visible_clients(operator).filter(Q(name__icontains=text) | Q(pk__iexact=text))[:_MOST]:
        is_exact = text.lower() in (client.pk.lower(), client.name.lower())
        url = f"{reverse('console:transfers')}?{urlencode({'client': client.pk})}"
        why = "its name" if is_exact else "part of its name"
        yield Found("Client's transfers", client.name, why, url, client.pk, badge_for(client.status), is_exact)


def _accounts(text: str, operator: Operator) -> Iterator[Found]:
    if not operator.has_perm("ledger.view_account"):
        return
    for account in visible_accounts(operator).filter(Q(code__icontains=text) | Q(name__icontains=text)).order_by("code")[:_MOST]:
        is_exact = text.lower() == account.code.lower()
        why = "its code" if is_exact else "part of its code or name"
        url = reverse("console:account", args=[account.code])
        yield Found("Account", account.name, why, url, account.code, is_exact=is_exact)


def _postings(text: str, operator: Operator) -> Iterator[Found]:
    if not operator.has_perm("ledger.view_account"):
        return
    for posting in LedgerTransaction.objects.filter(reference=text):
        if Entry.objects.filter(transaction=posting, account__in=visible_accounts(operator)).exists():
            url = reverse("console:posting", args=[posting.reference])
            yield Found("Posting", posting.description or posting.kind, "its reference", url, posting.reference, is_exact=True)


def _named(text: str) -> Q:
    """By our reference, or by id where the text is one."""
    named = Q(reference=text.upper())
    return named | Q(pk=found) if (found := _uuid(text)) else named


def _why(text: str) -> str:
    return "its id" if _uuid(text) else "its reference"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


_PLACES = (_transfers, _requests, _breaks, _clients, _accounts, _postings)
