"""Whose transfers an operator may see."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from approvals import queries as control
from approvals.models import Client
from backoffice.access.models import Operator
from backoffice.access.roles import VIEW_CLIENT
from transfers.models import Transfer


def client_ids(operator: Operator) -> list[str] | None:
    """As the queries of transfers take it: None for every client."""
    return None if operator.has_perm(VIEW_CLIENT) else list(visible_clients(operator).values_list("pk", flat=True))


def visible_clients(operator: Operator) -> QuerySet[Client]:
    return control.client_scope(operator)


def transfer_of(operator: Operator, transfer_id: UUID, *related: str) -> Transfer:
    """Raises Http404, in the same words for another client's transfer and for none."""
    visible: dict[str, Any] = {"client_id__in": visible_clients(operator).values("pk")}
    found = Transfer.objects.select_related(*related).filter(pk=transfer_id, **visible).first()
    if found is None:
        raise Http404("no such transfer")
    return found
