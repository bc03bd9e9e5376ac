"""`/v1/bulk_transfers`: many orders in one file or array, under one key; what became of each line, and stopping what waits."""

import hashlib
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit import clock
from audit.identity import new_id
from transfers.api import bulk, keyed
from transfers.api.base import ApiView
from transfers.api.described import idempotency_key, problems
from transfers.api.idempotency import Attempt, key_of
from transfers.api.queries import read_query
from transfers.api.requests import CancelTransfer
from transfers.bulk import json_lines
from transfers.bulk.results_file import csv_of
from transfers.commands.bulk.accept import accept
from transfers.commands.bulk.ending import cancel
from transfers.errors import NotFound
from transfers.models import BulkOrder, BulkUpload
from transfers.queries.bulk import results

_BODY = {"application/json": bulk.CreateBulk, "text/csv": OpenApiTypes.STR, "application/xml": OpenApiTypes.STR}


def own_order(client_id: str, bulk_id: str) -> BulkOrder:
    """Raises NotFound, in the same words for another client's, for none and for what is no id at all."""
    try:
        wanted = UUID(bulk_id)
    except ValueError:
        raise NotFound(f"There is no file {bulk_id}.") from None
    found = BulkOrder.objects.select_related("upload", "approval_request").filter(pk=wanted, client_id=client_id).first()
    if found is None:
        raise NotFound(f"There is no file {bulk_id}.")
    return found


class BulkTransfers(ApiView):
    scopes = {"POST": "transfers:write"}
    parser_classes = [bulk.BulkJson, bulk.CsvFile, bulk.XmlFile]

    @extend_schema(
        operation_id="create_bulk_transfer",
        parameters=idempotency_key("1 to 255 printable characters, new for each file."),
        request=_BODY,
        responses={201: bulk.BulkAnswer, **problems(400, 409, 413, 415, 422)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Order many transfers at once. Every line is checked, and one that is wrong keeps the whole file from being ordered; the
        answer names each as `lines[N]`, N counted from 1 as `line` is, or as the file's own line. Whatever the sum, people approve
        the file before anything of it moves."""
        body = cast("dict[str, Any]", request.data)
        attempt = Attempt(
            client_id=self.caller.client_id,
            key=key_of(request.headers.get("Idempotency-Key")),
            endpoint="POST /v1/bulk_transfers",
            body=body,
        )
        work = partial(self._accept, body)
        answer = keyed.answered(self, attempt, work=work, commands_tell=False, written=bulk.write_bulk)
        made = f"/v1/bulk_transfers/{answer.body['bulk_id']}" if answer.status < 400 else ""
        return keyed.given(answer, made)

    def _accept(self, body: dict[str, Any], key_id: UUID) -> BulkOrder:
        content, form, reference = self._file(body)
        actor = self.caller.actor()
        with transaction.atomic():
            upload = BulkUpload.objects.create(
                id=new_id(),
                client_id=self.caller.client_id,
                format=form,
                content=content,
                sha256=hashlib.sha256(content).digest(),
                uploaded_by=self.caller.key_prefix,
                uploaded_by_type=actor.type.value,
                uploaded_at=clock.now(),
            )
            return accept(
                upload,
                makers=self.caller.controllers,
                made_by=self.caller.key_prefix,
                made_by_type=actor.type.value,
                client_reference=reference,
                idempotency_key_id=key_id,
            )

    def _file(self, body: dict[str, Any]) -> tuple[bytes, str, str]:
        if self.request.content_type.startswith("text/csv"):
            return str(body.get("csv", "")).encode("latin-1"), BulkUpload.Format.CSV, ""
        if self.request.content_type.startswith("application/xml"):
            return str(body.get("xml", "")).encode("latin-1"), BulkUpload.Format.PAIN001, ""
        given = bulk.CreateBulk(data=body)
        given.is_valid(raise_exception=True)
        return json_lines.stored(given.validated_data["lines"]), BulkUpload.Format.JSON, given.validated_data["reference"]


class OneBulk(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(operation_id="get_bulk_transfer", responses={200: bulk.BulkAnswer, **problems(404)})
    def get(self, request: Request, bulk_id: str) -> Response:  # noqa: ARG002
        """The file's order as it stands, with how many lines are where."""
        return Response(bulk.write_bulk(own_order(self.caller.client_id, bulk_id)))


class BulkTransferLines(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(
        operation_id="list_bulk_transfer_lines",
        parameters=[bulk.ListBulkLines],
        responses={200: bulk.BulkLines, **problems(400, 404)},
    )
    def get(self, request: Request, bulk_id: str) -> Response:
        """What became of each line, in the order of the file, page by page."""
        order = own_order(self.caller.client_id, bulk_id)
        query = read_query(bulk.ListBulkLines, request)
        return Response(bulk.write_lines(results(order, after=query["after"], state=query["state"]), query["limit"]))


class BulkResults(ApiView):
    scopes = {"GET": "transfers:read"}

    @extend_schema(operation_id="download_bulk_transfer_results", responses={(200, "text/csv"): OpenApiTypes.STR, **problems(404)})
    def get(self, request: Request, bulk_id: str) -> HttpResponseBase:  # noqa: ARG002
        """The same as a CSV file with a line for each line."""
        order = own_order(self.caller.client_id, bulk_id)
        response = StreamingHttpResponse(csv_of(results(order)), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="results-{order.reference}.csv"'
        return response


class BulkCancel(ApiView):
    scopes = {"POST": "transfers:write"}

    @extend_schema(
        operation_id="cancel_bulk_transfer",
        request=CancelTransfer,
        responses={200: bulk.BulkAnswer, **problems(400, 404, 409, 413, 415, 422)},
    )
    def post(self, request: Request, bulk_id: str) -> Response:
        """Stop what has not been carried out. Lines on their way are cancelled by themselves, where they still can be."""
        order = own_order(self.caller.client_id, bulk_id)
        keyed.stop(request, order.pk, cancel)
        return Response(bulk.write_bulk(own_order(self.caller.client_id, bulk_id)))
