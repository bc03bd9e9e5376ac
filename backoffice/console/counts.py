"""The numbers beside the navigation and on the home page. Each is one indexed query."""

from django.db.models import Q, QuerySet

from approvals import queries as control
from approvals.models import SEVERAL_CLIENTS, ApprovalRequest
from audit import clock
from backoffice.access.models import Operator
from backoffice.access.queries import roles_held_since
from backoffice.access.roles import VIEW_CLIENT
from backoffice.alerts.models import Alert
from reconciliation.models import Break
from reconciliation.queries import visible_breaks
from transfers.commands.deposits.allocation import waiting_arrivals
from transfers.models import Provider

OPEN_BREAKS = ("open", "investigating")


def to_decide(operator: Operator) -> QuerySet[ApprovalRequest]:
    """Pending requests that wait for this very person: their role was held before the request was made, they did not make it,
    they have not voted, and they may see its client. The most urgent first."""
    if not operator.has_perm("approvals.decide_request") or operator.person_id is None:
        return ApprovalRequest.objects.none()
    asked_of_me = Q(pk__in=[])
    for role, since in roles_held_since(operator).items():
        asked_of_me |= Q(role=role, made_at__gte=since)
    return (
        visible_requests(operator)
        .filter(asked_of_me, status="pending", expires_at__gt=clock.now())
        .exclude(makers__person_id=operator.person_id)
        .exclude(votes__person_id=operator.person_id)
        .order_by("expires_at", "id")
    )


def visible_requests(operator: Operator) -> QuerySet[ApprovalRequest]:
    """Requests about clients in the operator's scope, or about none. Those about several are for who sees every client."""
    mine = Q(client_id="") | Q(client_id__in=control.client_scope(operator).values("pk"))
    return ApprovalRequest.objects.filter(mine | Q(client_id=SEVERAL_CLIENTS) if operator.has_perm(VIEW_CLIENT) else mine)


def open_alert_rows(operator: Operator) -> QuerySet[Alert]:
    """Alerts in force about visible clients and about the house."""
    return Alert.objects.filter(Q(client_id="") | Q(client_id__in=control.client_scope(operator).values("pk")), resolved_at=None)


def approvals_to_decide(operator: Operator) -> int:
    return to_decide(operator).count()


def open_breaks(operator: Operator) -> int:
    return visible_breaks(control.client_scope(operator)).filter(status__in=OPEN_BREAKS).count()


def overdue_breaks(operator: Operator) -> QuerySet[Break]:
    return (
        visible_breaks(control.client_scope(operator))
        .filter(status__in=OPEN_BREAKS, deadline_at__lt=clock.now())
        .order_by("deadline_at", "id")
    )


def open_alerts(operator: Operator) -> int:
    return open_alert_rows(operator).count()


def halts_in_force(operator: Operator) -> int:  # noqa: ARG001
    return len(list(control.halts_in_force()))


def providers_out(_operator: Operator) -> int:
    """Those that are given no new work at the moment."""
    return Provider.objects.filter(Q(enabled=False) | Q(health__state__in=("open", "half_open"))).count()


def unallocated(operator: Operator) -> int:  # noqa: ARG001
    return int(waiting_arrivals().count())
