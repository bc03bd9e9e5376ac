"""`/v1/events`: everything that happened to a client's transfers, for those who would rather ask than be told."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transfers.api import messages
from transfers.api.base import ApiView
from transfers.api.described import problems
from transfers.api.feed import feed_of
from transfers.api.queries import read_query


class Events(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(
        operation_id="list_events",
        parameters=[messages.ListFeed],
        responses={200: messages.FeedPage, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """Oldest first, in the order of commits. Go on with `after` set to `next_cursor`: none is skipped, none comes twice."""
        page = feed_of(self.caller.client_id, read_query(messages.ListFeed, request))
        data = messages.FeedEvent(page.rows, many=True).data
        return Response({"data": list(data), "next_cursor": page.next_cursor, "has_more": page.more})
