"""`/v1/transfers/{id}/receipt` and `/v1/receipt_keys`: the signed receipt of a transfer, and the keys that verify it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views import View
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from transfers.api.base import ApiView
from transfers.api.described import problems
from transfers.api.problems import Problem, ProblemRaised
from transfers.api.queries import read_query
from transfers.api.requests import Strict
from transfers.api.views.transfers import own_transfer
from transfers.models import Receipt
from transfers.receipts import jws, keys, pdf
from transfers.receipts.queries import document, receipt_of


class ReceiptQuery(Strict):
    """Query of `GET /v1/transfers/{transaction_id}/receipt`."""

    number = serializers.IntegerField(required=False, min_value=1, max_value=32_000, help_text="Left out: the one in force.")
    format = serializers.ChoiceField(choices=["json", "pdf"], required=False, default="json")


class ReceiptAnswer(serializers.Serializer[Any]):
    """`jws` is the receipt; `receipt` repeats for the eye what it says. Trust what a verifier reads out of `jws`."""

    jws = serializers.CharField(help_text="Compact JWS, EdDSA with Ed25519, over canonical JSON (RFC 8785).")
    receipt = serializers.DictField()


class TransferReceipt(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(
        operation_id="get_transfer_receipt",
        parameters=[ReceiptQuery],
        responses={
            200: ReceiptAnswer,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            **problems(400, 404),
        },
    )
    def get(self, request: Request, transaction_id: str) -> HttpResponseBase:
        """The signed receipt: made once the transfer has settled, and the same bytes ever after. A later one supersedes it."""
        transfer = own_transfer(self.caller.client_id, transaction_id)
        query = read_query(ReceiptQuery, request)
        receipt = receipt_of(transfer.pk, query.get("number"))
        if receipt is None:
            detail = "There is no such receipt. One is made within seconds of the transfer's settlement."
            raise ProblemRaised(Problem(404, "receipt_not_found", detail))
        return _file(receipt, query["format"])


def _file(receipt: Receipt, form: str) -> HttpResponse:
    if form == "pdf":
        return HttpResponse(pdf.receipt_pdf(receipt), content_type=pdf.CONTENT_TYPE)
    return HttpResponse(document(receipt), content_type="application/json")


class ReceiptKeys(View):
    access_rule = "public: whoever is shown a receipt must be able to verify it"

    def get(self, request: HttpRequest) -> JsonResponse:  # noqa: ARG002
        """A JSON Web Key Set, the key in force first; retired ones stay."""
        return JsonResponse(jws.key_set(keys.public_keys()))
