"""The home page: what needs this operator now. Everything shown follows from their permissions and their clients, not from
their title.
"""

from datetime import timedelta

from django.db.models import QuerySet

from approvals import queries as control
from audit import clock
from backoffice.access.models import Operator
from backoffice.console import amounts, counts
from backoffice.console.formats import duration
from backoffice.console.parts import Badge, Figure, Listed, Section, Tone
from backoffice.console.words import badge_for
from transfers.models import Transfer
from transfers.states import TERMINAL, Status

_ROWS = 6
# Named one by one, so that an index finds the few that are on their way among all that ever were.
UNDER_WAY = tuple(status for status in Status if status not in TERMINAL)
# An approval with less time left than this is drawn as urgent.
_SOON = timedelta(minutes=30)


def figures(operator: Operator) -> list[Figure]:
    """The numbers on top, only of what the operator can do something about."""
    found = []
    if operator.has_perm("approvals.decide_request"):
        found.append(_figure(counts.approvals_to_decide(operator), "waiting for your decision", "/approvals/", Tone.PERSON))
    if operator.has_perm("alerts.view_alert"):
        found.append(_figure(counts.open_alerts(operator), "alert{s} open", "/alerts/", Tone.DANGER))
    if operator.has_perm("reconciliation.view_break"):
        late = counts.overdue_breaks(operator).count()
        found.append(
            _figure(
                late, "break{s} past the deadline", "/reconciliation/breaks/", Tone.LOOK, f"{counts.open_breaks(operator)} open"
            )
        )
    if operator.has_perm("transfers.view_transfer"):
        found.append(_figure(in_flight(operator).count(), "transfer{s} on the way", "/transfers/", Tone.NEUTRAL))
    found.append(_figure(counts.halts_in_force(operator), "halt{s} in force", "/controls/", Tone.DANGER))
    return found


def sections(operator: Operator) -> list[Section]:
    """The lists under the numbers, the most personal first."""
    found = []
    if operator.has_perm("approvals.decide_request"):
        found.append(_approvals(operator))
    if operator.has_perm("alerts.view_alert"):
        found.append(_alerts(operator))
    if operator.has_perm("transfers.create_withdrawal"):
        found.append(_made_by(operator))
    if operator.has_perm("reconciliation.view_break"):
        found.append(_breaks(operator))
    if operator.has_perm("transfers.view_transfer"):
        found.append(_slowest(operator))
    return found


def in_flight(operator: Operator) -> QuerySet[Transfer]:
    """Transfers of visible clients that have not reached an end."""
    mine = Transfer.objects.filter(client_id__in=control.client_scope(operator).values("pk"), is_synthetic=False)
    return mine.filter(status__in=UNDER_WAY)


def _figure(number: int, title: str, url: str, tone: Tone, note: str = "") -> Figure:
    """Colour only where there is something to colour; `{s}` in the title becomes the plural."""
    return Figure(number, title.format(s="" if number == 1 else "s"), note, url, tone if number else Tone.NEUTRAL)


def _approvals(operator: Operator) -> Section:
    rows = []
    for request in counts.to_decide(operator)[:_ROWS]:
        left = request.expires_at - clock.now()
        tone = Tone.LOOK if left < _SOON else Tone.PERSON
        rows.append(
            Listed(
                request.title, f"/approvals/{request.pk}/", f"needs {request.quorum}", Badge(f"expires in {duration(left)}", tone)
            )
        )
    empty = "Nothing waits for you. Requests you made yourself, or have voted on, wait for others."
    return Section("Yours to decide", rows, empty, "/approvals/")


def _alerts(operator: Operator) -> Section:
    rows = [
        Listed(
            alert.title, alert.link or "/alerts/", f"open for {duration(clock.now() - alert.opened_at)}", badge_for(alert.severity)
        )
        for alert in counts.open_alert_rows(operator).order_by("severity", "opened_at")[:_ROWS]
    ]
    return Section("Alerts", rows, "No alert is open: nothing is stuck, and every process reports.", "/alerts/")


def _made_by(operator: Operator) -> Section:
    made = in_flight(operator).filter(made_by=operator.username, made_by_type="operator").select_related("client", "source_asset")
    rows = [_transfer_line(transfer) for transfer in made.order_by("-created_at")[:_ROWS]]
    return Section("Made by you, on their way", rows, "No withdrawal of yours is under way.", "/transfers/")


def _breaks(operator: Operator) -> Section:
    now = clock.now()
    rows = [
        Listed(
            found.title,
            f"/reconciliation/breaks/{found.pk}/",
            f"past its deadline for {duration(now - found.deadline_at)}",
            badge_for(found.severity),
        )
        for found in counts.overdue_breaks(operator)[:_ROWS]
    ]
    return Section("Breaks past their deadline", rows, "Every open break is inside its deadline.", "/reconciliation/breaks/")


def _slowest(operator: Operator) -> Section:
    waiting = in_flight(operator).select_related("client", "source_asset").order_by("state_entered_at")
    rows = [_transfer_line(transfer) for transfer in waiting[:_ROWS]]
    return Section("Longest in their present state", rows, "Nothing is on its way.", "/transfers/")


def _transfer_line(transfer: Transfer) -> Listed:
    """Amount first, then who; the state and how long it has lasted."""
    amount = amounts.text(int(transfer.source_amount), transfer.source_asset)
    since = duration(clock.now() - transfer.state_entered_at)
    return Listed(f"{amount} for {transfer.client.name}", f"/transfers/{transfer.pk}/", f"for {since}", badge_for(transfer.status))
