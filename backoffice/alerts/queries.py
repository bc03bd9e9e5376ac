"""What the pages ask about alerts. Who may see a client's alerts is decided by the caller, who passes the clients."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from approvals.models import Client
from backoffice.alerts.models import Alert, Delivery

_WORST_FIRST = Case(When(severity=Alert.Severity.CRITICAL, then=Value(0)), default=Value(1), output_field=IntegerField())


def visible_to(client_ids: Collection[str] | QuerySet[Client]) -> QuerySet[Alert]:
    """Alerts about these clients' transfers, and those about nobody's."""
    return Alert.objects.filter(Q(client_id="") | Q(client_id__in=client_ids))


def open_now(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Worst first, then oldest."""
    return alerts.filter(resolved_at=None).order_by(_WORST_FIRST, "opened_at", "id")


def resolved(alerts: QuerySet[Alert], *, limit: int = 50) -> list[Alert]:
    """The last ones that ended, with why, the latest first."""
    return list(alerts.exclude(resolved_at=None).order_by("-resolved_at", "-id")[:limit])


def of_transfer(transfer_id: UUID) -> QuerySet[Alert]:
    """Every alert a transfer ever had, the latest first."""
    return Alert.objects.filter(transfer_id=transfer_id).order_by("-opened_at", "-id")


def undelivered(*, attempts: int = 3) -> QuerySet[Delivery]:
    """Messages that no channel has taken after several tries: somebody may be deaf."""
    return Delivery.objects.filter(delivered_at=None, attempts__gte=attempts).select_related("alert").order_by("next_try_at")
