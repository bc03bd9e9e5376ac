"""Files of many orders over the API: what is read from a body, and what is written of an order."""

from collections.abc import Iterable
from typing import IO, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser

from ledger.money import Money
from ledger.queries import unit
from transfers.api.facts import approval_of
from transfers.api.parsing import StrictJson, read_object
from transfers.api.problems import Problem, ProblemRaised
from transfers.api.requests import MAX_LIMIT, Strict, Text
from transfers.api.responses import ApprovalState, Failure, Moment
from transfers.bulk.lines import MAX_BYTES, MAX_LINES
from transfers.commands.bulk import payload
from transfers.commands.orders import MAX_REFERENCE_LENGTH
from transfers.failures import FAILURES
from transfers.models import BulkOrder
from transfers.queries.bulk import STATES, LineResult, progress

_TOO_LARGE = f"A file may hold {MAX_BYTES // 1024**2} MiB. Split it."


def _whole(stream: IO[bytes]) -> bytes:
    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ProblemRaised(Problem(413, "payload_too_large", _TOO_LARGE))
    return raw


class BulkJson(StrictJson):
    """As every body, but as large as a file may be."""

    def parse(self, stream: IO[bytes], *_: Any, **__: Any) -> dict[str, Any]:
        return read_object(_whole(stream))


class CsvFile(BaseParser):
    """The file itself as the body."""

    media_type = "text/csv"

    def parse(self, stream: IO[bytes], *_: Any, **__: Any) -> dict[str, Any]:
        # What two readers could understand differently is found line by line; here it is only kept.
        return {"csv": _whole(stream).decode("latin-1")}


class XmlFile(BaseParser):
    """A pain.001 message as the body."""

    media_type = "application/xml"

    def parse(self, stream: IO[bytes], *_: Any, **__: Any) -> dict[str, Any]:
        return {"xml": _whole(stream).decode("latin-1")}


_LINE = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("amount", "source_currency", "target_currency", "reference")},
        "corridor": {"type": ["string", "null"]},
        "destination": {"oneOf": [{"type": "object"}, {"type": "string"}]},
    },
    "required": ["amount", "source_currency", "destination"],
    "additionalProperties": False,
}


@extend_schema_field({"type": "array", "items": _LINE, "minItems": 1, "maxItems": MAX_LINES})
class Lines(serializers.JSONField):
    """Each as the body of a single transfer. What is wrong with one is said of its line."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list) or not data:
            raise serializers.ValidationError("Send an array of orders.")
        return data


class CreateBulk(Strict):
    """Body of `POST /v1/bulk_transfers` as JSON; a CSV file with a header is taken too, as `text/csv`, and a pain.001
    message, as `application/xml`."""

    lines = Lines()
    reference = Text(required=False, allow_blank=True, default="", max_length=MAX_REFERENCE_LENGTH)


class ListBulkLines(Strict):
    """Query of `GET /v1/bulk_transfers/{bulk_id}/lines`."""

    state = serializers.ChoiceField(choices=STATES, required=False, default="")
    after = serializers.IntegerField(required=False, default=0, min_value=0, help_text="Lines above this number.")
    limit = serializers.IntegerField(required=False, default=MAX_LIMIT, min_value=1, max_value=1_000)


class BulkTotal(serializers.Serializer[Any]):
    asset = serializers.CharField()
    currency = serializers.CharField()
    lines = serializers.IntegerField()
    amount = serializers.CharField(help_text="Decimal text in major units.")
    max_fees = serializers.CharField()


class BulkFile(serializers.Serializer[Any]):
    name = serializers.CharField(allow_blank=True)
    format = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the file as it was sent; of the array in its canonical form.")


class BulkAnswer(serializers.Serializer[Any]):
    """An order of many lines. `same_as` names earlier files of yours that order exactly the same."""

    bulk_id = serializers.UUIDField()
    client_id = serializers.CharField()
    status = serializers.ChoiceField(choices=BulkOrder.Status.values)
    approval = ApprovalState()
    file = BulkFile()
    line_count = serializers.IntegerField()
    totals = BulkTotal(many=True)
    progress = serializers.DictField(child=serializers.IntegerField())
    same_as = serializers.ListField(child=serializers.CharField())
    reference = serializers.CharField(allow_blank=True)
    created_at = Moment()
    updated_at = Moment()
    good_until = Moment()


class BulkLine(serializers.Serializer[Any]):
    """What became of one line. `transaction_id` is the transfer that it became, once it did."""

    line = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    transaction_id = serializers.UUIDField(allow_null=True)
    status = serializers.CharField(allow_blank=True)
    amount = serializers.CharField()
    currency = serializers.CharField()
    destination = serializers.DictField(child=serializers.CharField())
    reference = serializers.CharField(allow_blank=True)
    failure = Failure(allow_null=True)


class BulkLines(serializers.Serializer[Any]):
    data = BulkLine(many=True)  # type: ignore[assignment]
    next_after = serializers.IntegerField(allow_null=True)
    has_more = serializers.BooleanField()


def write_bulk(order: BulkOrder) -> dict[str, Any]:
    fields = {
        "bulk_id": order.pk,
        "client_id": order.client_id,
        "status": order.status,
        "approval": approval_of(order.approval_request),
        "file": {"name": order.upload.file_name, "format": order.upload.format, "sha256": bytes(order.upload.sha256).hex()},
        "line_count": order.line_count,
        "totals": [_total(one) for one in order.totals],
        "progress": progress(order),
        "same_as": payload.same_as(order),
        "reference": order.client_reference,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "good_until": order.not_after,
    }
    return dict(BulkAnswer(fields).data)


def write_lines(found: Iterable[LineResult], limit: int) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for one in found:
        if len(rows) == limit:
            return {"data": rows, "next_after": rows[-1]["line"], "has_more": True}
        rows.append(dict(BulkLine(line_fields(one)).data))
    return {"data": rows, "next_after": None, "has_more": False}


def line_fields(one: LineResult) -> dict[str, Any]:
    asset = unit(one.asset)
    failure = {"code": one.failure_code, "message": FAILURES[one.failure_code].client_text} if one.failure_code else None
    return {
        "line": one.line,
        "state": one.state,
        "transaction_id": one.transfer_id,
        "status": one.status,
        "amount": Money(one.amount, asset).major(),
        "currency": asset.code,
        "destination": one.destination,
        "reference": one.reference,
        "failure": failure,
    }


def _total(one: dict[str, Any]) -> dict[str, Any]:
    asset = unit(one["asset"])
    amounts = {name: Money(int(one[name]), asset).major() for name in ("amount", "max_fees")}
    return {"asset": asset.id, "currency": asset.code, "lines": one["lines"], **amounts}
