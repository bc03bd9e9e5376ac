"""`/v1/balances`: what the client has with us."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import chart
from ledger.money import Money
from ledger.queries import balances_of
from transfers.api import responses
from transfers.api.base import ApiView
from transfers.api.described import problems


class Balances(ApiView):
    scopes = {"GET": "balances:read"}

    @extend_schema(
        operation_id="list_balances",
        responses={200: responses.Balances, **problems()},
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Per asset: posted, held for transfers under way, and available, which is the difference."""
        rows = sorted(balances_of(chart.client_owner(self.caller.client_id)), key=lambda row: row.asset.id)
        data = [
            {
                "asset": row.asset.id,
                **{name: Money(getattr(row, name), row.asset).major() for name in ("posted", "held", "available")},
            }
            for row in rows
        ]
        return Response(responses.Balances({"data": data}).data)
