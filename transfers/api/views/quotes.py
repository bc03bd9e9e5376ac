"""`/v1/quotes`: what a conversion or withdrawal would cost and bring."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.money import Money
from ledger.queries import unit
from transfers.api.base import ApiView
from transfers.api.described import problems
from transfers.api.facts import fee_kind, plain
from transfers.api.requests import Amount, CorridorName, Currency, Strict
from transfers.api.responses import Fee, Moment
from transfers.commands.quotes import QuoteWish, give_quote
from transfers.models import Quote

_FIRM, _INDICATIVE = "firm", "indicative"


class CreateQuote(Strict):
    """Body of `POST /v1/quotes`."""

    source_currency = Currency()
    target_currency = Currency()
    amount = Amount(help_text="What would be converted or withdrawn, in the source asset; fees come on top.")
    corridor = CorridorName(required=False, allow_null=True, default=None)
    type = serializers.ChoiceField(
        choices=[_FIRM, _INDICATIVE],
        default=_FIRM,
        help_text="A firm quote can be named by one transfer until it expires; an indicative one binds nobody.",
    )


class QuoteAnswer(serializers.Serializer[Any]):
    """A price and until when it holds. `target_amount` is after everything that the conversion costs; `fees` come on top."""

    quote_id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=[_FIRM, _INDICATIVE])
    corridor = serializers.CharField()
    source_amount = serializers.CharField(help_text="Decimal text in major units.")
    source_currency = serializers.CharField()
    source_asset = serializers.CharField()
    target_amount = serializers.CharField()
    target_currency = serializers.CharField()
    target_asset = serializers.CharField()
    fees = Fee(many=True)
    fx_rate = serializers.CharField(help_text="Target for one of source, before rounding to what the currency has.")
    created_at = Moment()
    expires_at = Moment()


class Quotes(ApiView):
    scopes = {"POST": "transfers:write"}

    @extend_schema(operation_id="create_quote", request=CreateQuote, responses={201: QuoteAnswer, **problems(400, 413, 415, 422)})
    def post(self, request: Request) -> Response:
        """Ask for a price. Nothing is reserved; asking twice gives two quotes, so it needs no Idempotency-Key."""
        body = CreateQuote(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        quote = give_quote(
            QuoteWish(
                client_id=self.caller.client_id,
                source_currency=given["source_currency"],
                target_currency=given["target_currency"],
                amount=given["amount"],
                corridor=given["corridor"],
                firm=given["type"] == _FIRM,
            )
        )
        return Response(write_quote(quote), status=201)


def write_quote(quote: Quote) -> dict[str, Any]:
    source, target = unit(quote.source_asset_id), unit(quote.target_asset_id)
    kind = fee_kind(quote.corridor.route if quote.corridor else "")
    fee = {"kind": kind, "amount": Money(int(quote.fee_amount), source).major(), "currency": source.code}
    return dict(
        QuoteAnswer(
            {
                "quote_id": quote.id,
                "type": quote.kind,
                "corridor": quote.corridor_id,
                "source_amount": Money(int(quote.source_amount), source).major(),
                "source_currency": source.code,
                "source_asset": source.id,
                "target_amount": Money(int(quote.target_amount), target).major(),
                "target_currency": target.code,
                "target_asset": target.id,
                "fees": [fee],
                "fx_rate": plain(quote.rate),
                "created_at": quote.quoted_at,
                "expires_at": quote.expires_at,
            }
        ).data
    )
