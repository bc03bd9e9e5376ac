"""Whose files an operator may see, and for whom one may upload."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from approvals.models import Client
from backoffice.access.models import Operator
from backoffice.console.transfers.scope import visible_clients
from transfers.commands.house import HOUSE
from transfers.models import BulkOrder, BulkUpload


def payers(operator: Operator) -> QuerySet[Client]:
    """Active clients among those one sees. The house pays by other ways."""
    return visible_clients(operator).exclude(pk=HOUSE).filter(status=Client.Status.ACTIVE)


def visible_orders(operator: Operator) -> QuerySet[BulkOrder]:
    return BulkOrder.objects.filter(client_id__in=visible_clients(operator).values("pk"))


def order_of(operator: Operator, order_id: UUID) -> BulkOrder:
    """Without the bytes of the file. Raises Http404, in the same words for another client's and for none."""
    related = visible_orders(operator).select_related("client", "upload", "approval_request").defer("upload__content")
    found = related.filter(pk=order_id).first()
    if found is None:
        raise Http404("no such file")
    return found


def upload_of(operator: Operator, upload_id: UUID) -> BulkUpload:
    """One's own: nobody submits what somebody else has checked. Raises Http404."""
    own = BulkUpload.objects.filter(uploaded_by=operator.get_username(), uploaded_by_type="operator")
    found = own.filter(pk=upload_id, client_id__in=payers(operator).values("pk")).select_related("client").first()
    if found is None:
        raise Http404("no such upload")
    return found
