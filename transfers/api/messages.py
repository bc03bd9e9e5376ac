"""What clients send and read about their webhooks and the feed of events."""

from typing import Any

from rest_framework import serializers

from transfers.api.requests import MAX_LIMIT, Strict, Text
from transfers.api.responses import EventAnswer, Moment
from transfers.models import WebhookEndpoint
from transfers.outbox.destinations import MAX_URL_LENGTH
from transfers.outbox.secrets import OVERLAP
from transfers.outbox.vocabulary import CLIENT_EVENTS, EVERYTHING

LONGEST_OVERLAP_HOURS = 7 * 24


class CreateWebhook(Strict):
    """Body of `POST /v1/webhooks`."""

    url = Text(
        max_length=MAX_URL_LENGTH, trim_whitespace=False, help_text="An https address that anybody on the internet can reach."
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=[EVERYTHING, *CLIENT_EVENTS]),
        min_length=1,
        max_length=100,
        help_text="Types of events to send; `*` for all of them, also those that come later.",
    )


class RotateSecret(Strict):
    """Body of `POST /v1/webhooks/{webhook_id}/rotate_secret`; may be left out."""

    overlap_hours = serializers.IntegerField(
        required=False, default=int(OVERLAP.total_seconds()) // 3600, min_value=0, max_value=LONGEST_OVERLAP_HOURS
    )


class Webhook(serializers.Serializer[Any]):
    """`disabled_by` is client, operator, failures (nothing was taken for days) or gone (it answered 410)."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=WebhookEndpoint.Status.values)
    disabled_by = serializers.CharField(allow_null=True)
    failing_since = Moment(allow_null=True)
    created_at = Moment()


class NewWebhook(Webhook):
    secret = serializers.CharField(help_text="Shown this once. Standard Webhooks: `whsec_` and base64.")


class NewSecret(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    secret = serializers.CharField(help_text="Shown this once.")


class WebhookPage(serializers.Serializer[Any]):
    data = Webhook(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ListFeed(Strict):
    """Query of `GET /v1/events`."""

    after = Text(
        required=False, max_length=400, help_text="The `next_cursor` of the last answer, or the id of an event: what came after it."
    )
    limit = serializers.IntegerField(required=False, default=MAX_LIMIT, min_value=1, max_value=MAX_LIMIT)


class FeedEvent(EventAnswer):
    """An immutable fact about one of the client's transfers: what a webhook of this type and id tells of."""

    transaction_id = serializers.UUIDField(source="transfer_id")


class FeedPage(serializers.Serializer[Any]):
    """`next_cursor` is where to go on, also when there is nothing more now; null only while there was never an event."""

    data = FeedEvent(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


def described(endpoint: WebhookEndpoint) -> dict[str, Any]:
    names = ("id", "url", "events", "status", "failing_since", "created_at")
    return {name: getattr(endpoint, name) for name in names} | {"disabled_by": endpoint.disabled_by or None}
