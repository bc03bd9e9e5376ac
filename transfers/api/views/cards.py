"""`/v1/card_deposits`: charging a card for the client's balance."""

from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from transfers.api import keyed, responses
from transfers.api.described import idempotency_key, problems
from transfers.api.idempotency import Attempt, key_of
from transfers.api.requests import CreateCardDeposit
from transfers.api.views.transfers import Transfers
from transfers.commands.deposits.cards import CardOrder, order_card_deposit
from transfers.models import Transfer


class CardDeposits(Transfers):
    """Answers with a transfer, as every order does."""

    scopes = {"POST": "transfers:write"}
    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="create_card_deposit",
        parameters=idempotency_key("1 to 255 printable characters, new for each transfer."),
        request=CreateCardDeposit,
        responses={201: responses.TransferAnswer, **problems(400, 409, 413, 415, 422)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Charge a card. The money is yours to use once the card provider has paid us. The same key and body again gives the stored
        answer."""
        attempt = Attempt(
            client_id=self.caller.client_id,
            key=key_of(request.headers.get("Idempotency-Key")),
            endpoint="POST /v1/card_deposits",
            body=cast("dict[str, Any]", request.data),
        )
        return self._given(keyed.answered(self, attempt, work=partial(self._charge, request), commands_tell=True))

    def _charge(self, request: Request, key_id: UUID) -> Transfer:
        body = CreateCardDeposit(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        return order_card_deposit(
            CardOrder(
                client_id=self.caller.client_id,
                currency=given["currency"],
                amount=given["amount"],
                card=given["card"],
                reference=given["reference"],
                metadata=given["metadata"],
                made_by=self.caller.key_prefix,
                made_by_type=self.caller.actor_type.value,
                idempotency_key_id=key_id,
            )
        )
