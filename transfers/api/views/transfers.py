"""`/v1/transfers`: create, list, read, cancel, events. A client sees only its own; anything else is not found."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from transfers.api import keyed, responses
from transfers.api.base import ApiView
from transfers.api.described import idempotency_key, problems
from transfers.api.idempotency import CREATED, Answer, Attempt, key_of
from transfers.api.listing import events_of, transfers_of
from transfers.api.queries import read_query
from transfers.api.requests import CancelTransfer, CreateTransfer, ListEvents, ListTransfers, read_create
from transfers.commands.cancel import cancel
from transfers.commands.create import create_at_once, create_withdrawal
from transfers.commands.orders import WithdrawalOrder
from transfers.errors import NotFound
from transfers.models import Transfer


def own_transfer(client_id: str, transaction_id: str) -> Transfer:
    """Raises NotFound, in the same words for another client's, for none and for what is no id at all."""
    try:
        wanted = UUID(transaction_id)
    except ValueError:
        raise NotFound(f"There is no transfer {transaction_id}.") from None
    found = Transfer.objects.select_related("quote", "named_quote").filter(pk=wanted, client_id=client_id).first()
    if found is None:
        raise NotFound(f"There is no transfer {transaction_id}.")
    return found


class Transfers(ApiView):
    scopes = {"GET": "transfers:read", "POST": "transfers:write"}
    admits_later = frozenset({"POST"})

    @extend_schema(
        operation_id="create_transfer",
        parameters=idempotency_key("1 to 255 printable characters, new for each transfer."),
        request=CreateTransfer,
        responses={201: responses.TransferAnswer, **problems(400, 409, 413, 415, 422)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Order a withdrawal. The same key and body again gives the stored answer. What a halt or a frozen account refuses is not
        stored: the same request may be sent again once that is lifted."""
        answer = None
        try:
            attempt = Attempt(
                client_id=self.caller.client_id,
                key=key_of(request.headers.get("Idempotency-Key")),
                endpoint="POST /v1/transfers",
                body=cast("dict[str, Any]", request.data),
            )
            answer = self._at_once(attempt)
        finally:
            # Whatever else it comes to, also an error, is told only to who may come in.
            if answer is None:
                self.admit()
        return self._given(answer or keyed.answered(self, attempt, work=self._create, commands_tell=True))

    @extend_schema(
        operation_id="list_transfers", parameters=[ListTransfers], responses={200: responses.TransferPage, **problems(400)}
    )
    def get(self, request: Request) -> Response:
        """The client's transfers, newest first, by cursor."""
        page = transfers_of(self.caller.client_id, read_query(ListTransfers, request))
        return Response(responses.write_page(responses.write_transfers(page.rows), page.next_cursor))

    def _at_once(self, attempt: Attempt) -> Answer | None:
        """The usual case in one statement; None for every other, in which nothing was done."""
        try:
            order = self._order(attempt.body)
        except ValidationError:
            return None
        made = create_at_once(order, attempt.claim(self.caller.door))
        return Answer(CREATED, made.body, made.transfer.pk) if made else None

    def _create(self, key_id: UUID) -> Transfer:
        order = self._order(cast("dict[str, Any]", self.request.data))
        return create_withdrawal(replace(order, idempotency_key_id=key_id, key_is_new=True))

    def _order(self, body: Mapping[str, Any]) -> WithdrawalOrder:
        """Raises ValidationError."""
        given = read_create(body)
        return WithdrawalOrder(
            client_id=self.caller.client_id,
            source_currency=given["source_currency"],
            target_currency=given["target_currency"],
            amount=given["amount"],
            destination=given["destination"],
            corridor=given["corridor"],
            reference=given["reference"],
            metadata=given["metadata"],
            quote_id=given["quote_id"],
            makers=self.caller.controllers,
            made_by=self.caller.key_prefix,
            made_by_type=self.caller.actor_type.value,
        )

    def _given(self, answer: Answer) -> HttpResponse:
        return keyed.given(answer, f"/v1/transfers/{answer.transfer_id}" if answer.transfer_id else "")


class OneTransfer(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(operation_id="get_transfer", responses={200: responses.TransferAnswer, **problems(404)})
    def get(self, request: Request, transaction_id: str) -> Response:  # noqa: ARG002
        """One transfer as it stands."""
        return Response(responses.write_transfer(own_transfer(self.caller.client_id, transaction_id)))


class TransferCancel(ApiView):
    scopes = {"POST": "transfers:write"}

    @extend_schema(
        operation_id="cancel_transfer",
        request=CancelTransfer,
        responses={200: responses.TransferAnswer, **problems(400, 404, 409, 413, 415, 422)},
    )
    def post(self, request: Request, transaction_id: str) -> Response:
        """Cancel before anything is committed outside. Cancelling twice gives the same answer, so it needs no Idempotency-Key."""
        transfer = own_transfer(self.caller.client_id, transaction_id)
        keyed.stop(request, transfer.pk, cancel)
        return Response(responses.write_transfer(own_transfer(self.caller.client_id, transaction_id)))


class TransferEvents(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(
        operation_id="list_transfer_events", parameters=[ListEvents], responses={200: responses.EventPage, **problems(400, 404)}
    )
    def get(self, request: Request, transaction_id: str) -> Response:
        """What happened to the transfer: immutable facts, oldest first."""
        page = events_of(own_transfer(self.caller.client_id, transaction_id), read_query(ListEvents, request))
        return Response(responses.write_page(list(responses.EventAnswer(page.rows, many=True).data), page.next_cursor))
