"""`/v1/incoming_transfers`: what other clients have paid into the caller's balance, as far as it is the receiver's to know."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transfers.api import responses
from transfers.api.base import ApiView
from transfers.api.described import problems
from transfers.api.listing import ARRIVED, received_by
from transfers.api.queries import read_query
from transfers.api.requests import ListIncoming
from transfers.errors import NotFound
from transfers.models import Transfer


class IncomingTransfers(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(
        operation_id="list_incoming_transfers", parameters=[ListIncoming], responses={200: responses.IncomingPage, **problems(400)}
    )
    def get(self, request: Request) -> Response:
        """Newest first, by cursor. A transfer is listed once its money is in the balance."""
        page = received_by(self.caller.client_id, read_query(ListIncoming, request))
        return Response(responses.write_page(responses.write_incoming(page.rows), page.next_cursor))


class OneIncoming(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(operation_id="get_incoming_transfer", responses={200: responses.IncomingAnswer, **problems(404)})
    def get(self, request: Request, transaction_id: str) -> Response:  # noqa: ARG002
        """One of them. What was not paid to the caller is not found."""
        return Response(responses.write_incoming([self._received(transaction_id)])[0])

    def _received(self, transaction_id: str) -> Transfer:
        try:
            wanted = UUID(transaction_id)
        except ValueError:
            raise NotFound(f"There is no transfer {transaction_id}.") from None
        mine = Transfer.objects.select_related("client").filter(receiver_id=self.caller.client_id, status__in=ARRIVED)
        found = mine.filter(pk=wanted).first()
        if found is None:
            raise NotFound(f"There is no transfer {transaction_id}.")
        return found
