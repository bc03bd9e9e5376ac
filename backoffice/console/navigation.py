"""The navigation: what there is, who sees it, and which numbers stand beside it.

An entry shows when the operator may use it; its count is asked only then. The letter after `g` jumps to it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from backoffice.access.models import Operator
from backoffice.console import counts

Count = Callable[[Operator], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """`permission` empty: for everybody. `loud` counts stand on red, since they mean something is wrong."""

    title: str
    view: str
    letter: str
    permission: str = ""
    count: Count | None = None
    loud: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str
    letter: str
    count: int | None
    loud: bool
    current: bool


GROUPS = (
    Group(
        "",
        (
            Entry("Home", "console:home", "h"),
            Entry("Approvals", "console:approvals", "q", "approvals.view_approvalrequest", counts.approvals_to_decide),
            Entry("Transfers", "console:transfers", "t", "transfers.view_transfer"),
            Entry("Files", "console:files", "i", "transfers.view_transfer"),
            Entry("Breaks", "console:breaks", "b", "reconciliation.view_break", counts.open_breaks),
            Entry("Alerts", "console:alerts", "a", "alerts.view_alert", counts.open_alerts, loud=True),
        ),
    ),
    Group(
        "Money",
        (
            Entry("Terminal", "console:terminal", "m", "ledger.view_account"),
            Entry("Ledger", "console:ledger", "l", "ledger.view_account"),
            Entry("Promotions", "console:promotions", "n", "ledger.view_account"),
            Entry("Unallocated", "console:deposits", "u", "reconciliation.view_break", counts.unallocated),
        ),
    ),
    Group(
        "Outside",
        (
            Entry("Providers", "console:providers", "o", "transfers.view_provider", counts.providers_out, loud=True),
            Entry("Webhooks", "console:webhooks", "w", "transfers.view_transfer"),
        ),
    ),
    Group(
        "Control",
        (
            Entry("Freeze and halt", "console:controls", "f", "", counts.halts_in_force, loud=True),
            Entry("Drills", "console:drills", "d", "alerts.run_drill"),
            Entry("Access", "access:people", "p", "access.view_operator"),
        ),
    ),
    Group(
        "Evidence",
        (
            Entry("Audit", "console:audit", "e", "audit.view_auditevent"),
            Entry("Runbooks", "console:runbooks", "r"),
        ),
    ),
)


def navigation(request: HttpRequest, operator: Operator) -> list[tuple[str, list[Link]]]:
    """Groups with the links this operator may follow, in order; empty groups are left out."""
    shown = []
    for group in GROUPS:
        links = [link for entry in group.entries if (link := _link(request, operator, entry))]
        if links:
            shown.append((group.title, links))
    return shown


def _link(request: HttpRequest, operator: Operator, entry: Entry) -> Link | None:
    if entry.permission and not operator.has_perm(entry.permission):
        return None
    url = _url(entry.view)
    if url is None:
        return None
    here = request.path == url or (url != "/" and request.path.startswith(url))
    return Link(entry.title, url, entry.letter, entry.count(operator) if entry.count else None, entry.loud, here)


def _url(view: str) -> str | None:
    """None for a page whose room is not built into this installation."""
    try:
        return reverse(view)
    except NoReverseMatch:
        return None
