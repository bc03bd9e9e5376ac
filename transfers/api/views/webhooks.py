"""`/v1/webhooks`: the addresses at which a client is told what happens, and their secrets."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transfers.api import messages
from transfers.api.base import ApiView
from transfers.api.described import problems
from transfers.errors import NotFound
from transfers.models import WebhookEndpoint
from transfers.outbox import endpoints

READ, WRITE = "webhooks:read", "webhooks:write"


def _id(text: str) -> UUID:
    """Raises NotFound, in the same words for what is no id at all."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no webhook {text}.") from None


class Webhooks(ApiView):
    scopes = {"GET": READ, "POST": WRITE}

    @extend_schema(
        operation_id="create_webhook",
        request=messages.CreateWebhook,
        responses={201: messages.NewWebhook, **problems(400, 413, 415, 422)},
    )
    def post(self, request: Request) -> Response:
        """Register an address. Its secret is in this answer and nowhere else; the same address again is refused, so no
        Idempotency-Key is needed."""
        body = messages.CreateWebhook(data=request.data)
        body.is_valid(raise_exception=True)
        endpoint, secret = endpoints.add(client_id=self.caller.client_id, **body.validated_data)
        return _answer(messages.NewWebhook({**messages.described(endpoint), "secret": secret}).data, status=201)

    @extend_schema(operation_id="list_webhooks", responses={200: messages.WebhookPage, **problems()})
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """The client's addresses, oldest first: there are few of them, so there are no pages."""
        rows = WebhookEndpoint.objects.filter(client_id=self.caller.client_id, deleted_at=None).order_by("created_at", "id")
        data = [messages.described(row) for row in rows]
        return Response(messages.WebhookPage({"data": data, "next_cursor": None, "has_more": False}).data)


class OneWebhook(ApiView):
    scopes = {"GET": READ, "DELETE": WRITE}
    http_method_names = ["get", "head", "delete"]

    @extend_schema(operation_id="get_webhook", responses={200: messages.Webhook, **problems(404)})
    def get(self, request: Request, webhook_id: str) -> Response:  # noqa: ARG002
        """One address and how it is doing."""
        endpoint = endpoints.find(_id(webhook_id), self.caller.client_id)
        if endpoint.deleted_at is not None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        return Response(messages.Webhook(messages.described(endpoint)).data)

    @extend_schema(operation_id="delete_webhook", responses={204: None, **problems(404)})
    def delete(self, request: Request, webhook_id: str) -> Response:  # noqa: ARG002
        """Nothing is sent there any more. Removing it twice gives the same answer."""
        endpoints.remove(endpoint_id=_id(webhook_id), client_id=self.caller.client_id, reason="removed by the client")
        return Response(status=204)


class WebhookSecretRotation(ApiView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="rotate_webhook_secret",
        request=messages.RotateSecret,
        responses={200: messages.NewSecret, **problems(400, 404, 413, 415, 422)},
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        """A new secret. Messages are signed with the old one too for as long as was asked for, a day when nothing was said."""
        body = messages.RotateSecret(data=request.data)
        body.is_valid(raise_exception=True)
        secret = endpoints.rotate_secret(
            endpoint_id=_id(webhook_id),
            client_id=self.caller.client_id,
            reason="rotated by the client",
            overlap=timedelta(hours=body.validated_data["overlap_hours"]),
        )
        return _answer(messages.NewSecret({"id": _id(webhook_id), "secret": secret}).data, status=200)


def _answer(data: Any, *, status: int) -> Response:
    """A secret is for its reader alone: nobody on the way keeps it."""
    return Response(data, status=status, headers={"Cache-Control": "no-store"})
