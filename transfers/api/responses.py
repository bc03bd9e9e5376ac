"""What clients read. These serializers write the answers and the OpenAPI document, so that the two cannot part ways."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from transfers.api.facts import APPROVAL_STATES, Approval, TransferFacts, facts_of, facts_of_new, received_fields
from transfers.models import Transfer
from transfers.states import EvidenceState, MoneyState, RequestState, Status

_MILESTONES = tuple(f"{status.value.lower()}_at" for status in Status if status is not Status.CREATED)


class Moment(serializers.DateTimeField):
    """RFC 3339 in UTC with `Z`, always with microseconds, so that text sorts as time does and can be sent back as a filter."""

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _one_of(enum: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[member.value for member in enum])


class ApprovalState(serializers.Serializer[Any]):
    required = serializers.BooleanField()  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=APPROVAL_STATES)
    collected = serializers.IntegerField()
    quorum = serializers.IntegerField()

    def to_representation(self, instance: Approval) -> dict[str, Any]:
        """Plain values, told as they are: to ask a field for each took a third of what writing an answer takes."""
        return {
            "required": instance.required,
            "status": instance.status,
            "collected": instance.collected,
            "quorum": instance.quorum,
        }


class Fee(serializers.Serializer[Any]):
    kind = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()


class QuoteSummary(serializers.Serializer[Any]):
    quote_id = serializers.UUIDField()
    expires_at = Moment()


class Failure(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class CashbackPaid(serializers.Serializer[Any]):
    """What a promotion added to a conversion."""

    promotion = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()


class TransferAnswer(serializers.Serializer[Any]):
    """A transfer. `<milestone>_at` is there from the moment the milestone is reached."""

    transaction_id = serializers.UUIDField()
    client_id = serializers.CharField()
    status = _one_of(Status)
    request_state = _one_of(RequestState)
    money_state = _one_of(MoneyState)
    evidence_state = _one_of(EvidenceState)
    approval = ApprovalState()
    direction = serializers.ChoiceField(choices=["in", "out"], help_text="in: money that came to you.")
    route = serializers.CharField()
    source_amount = serializers.CharField(help_text="Decimal text in major units; fees come on top.")
    source_currency = serializers.CharField()
    source_asset = serializers.CharField()
    target_amount = serializers.CharField(allow_null=True, help_text="Known from the firm quote on.")
    target_currency = serializers.CharField()
    target_asset = serializers.CharField()
    fees = Fee(many=True)
    fx_rate = serializers.CharField(allow_null=True)
    quote = QuoteSummary(allow_null=True)
    on_chain_tx_hash = serializers.CharField(
        allow_null=True,
        help_text="The one in a block; before that, the newest attempt to pay. Null where a cancellation used up its nonce.",
    )
    bank_reference = serializers.CharField(allow_null=True)
    provider_trade_id = serializers.CharField(allow_null=True)
    destination = serializers.DictField(
        child=serializers.CharField(), allow_null=True, help_text="Null where money came in: it stays in your balance."
    )
    corridor = serializers.CharField(allow_null=True, help_text="Null where money came in.")
    reference = serializers.CharField(allow_blank=True)
    metadata = serializers.DictField()
    status_text = serializers.CharField()
    failure = Failure(allow_null=True)
    cashback = CashbackPaid(required=False, help_text="Where a promotion added something to a conversion.")
    created_at = Moment()
    updated_at = Moment()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        milestones = {name: Moment(required=False) for name in _MILESTONES}
        return {**super().get_fields(), **milestones}


class TransferPage(serializers.Serializer[Any]):
    data = TransferAnswer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class Payer(serializers.Serializer[Any]):
    client = serializers.CharField()
    name = serializers.CharField()


class IncomingAnswer(serializers.Serializer[Any]):
    """What another client paid into the caller's balance: who, how much and when. Its reference, metadata, fees and approvals
    are the sender's own and are not told."""

    transaction_id = serializers.UUIDField()
    sender = Payer()
    amount = serializers.CharField(help_text="Decimal text in major units.")
    currency = serializers.CharField()
    asset = serializers.CharField()
    status = _one_of(Status)
    received_at = Moment()


class IncomingPage(serializers.Serializer[Any]):
    data = IncomingAnswer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class EventAnswer(serializers.Serializer[Any]):
    """An immutable fact about a transfer. `sequence` grows; numbers that are left out were no news to a client."""

    id = serializers.UUIDField()
    sequence = serializers.IntegerField(source="seq")
    type = serializers.CharField()
    schema_version = serializers.IntegerField(default=1)
    from_status = serializers.CharField(allow_blank=True)
    to_status = serializers.CharField()
    occurred_at = Moment()
    recorded_at = Moment()
    status_text = serializers.CharField()


class EventPage(serializers.Serializer[Any]):
    data = EventAnswer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class Balance(serializers.Serializer[Any]):
    asset = serializers.CharField()
    posted = serializers.CharField()
    held = serializers.CharField()
    available = serializers.CharField()


class Balances(serializers.Serializer[Any]):
    data = Balance(many=True)  # type: ignore[assignment]


class DepositAsset(serializers.Serializer[Any]):
    asset = serializers.CharField()
    minimum = serializers.CharField(help_text="Less than this is not credited by itself.")


class DepositAddressAnswer(serializers.Serializer[Any]):
    """`address` on a network, or a bank account of ours with the `reference` that the payer writes into the payment."""

    type = serializers.ChoiceField(choices=["crypto_address", "bank_account"])
    network = serializers.CharField(required=False)
    address = serializers.CharField(required=False)
    confirmations = serializers.IntegerField(required=False, help_text="A deposit is credited at this depth.")
    iban = serializers.CharField(required=False)
    bic = serializers.CharField(required=False)
    holder = serializers.CharField(required=False)
    reference = serializers.CharField(required=False)
    assets = DepositAsset(many=True)


class DepositAddresses(serializers.Serializer[Any]):
    data = DepositAddressAnswer(many=True)  # type: ignore[assignment]


class ProblemAnswer(serializers.Serializer[Any]):
    """RFC 9457, as `application/problem+json`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))  # type: ignore[assignment]
    request_id = serializers.CharField()


# How each field of the answer is written, built once: a serializer that is made anew copies each of them.
_REPRESENT = {name: field.to_representation for name, field in TransferAnswer().fields.items()}


def write_transfers(transfers: Sequence[Transfer]) -> list[dict[str, Any]]:
    return [_written(facts) for facts in facts_of(transfers)]


def write_transfer(transfer: Transfer) -> dict[str, Any]:
    return write_transfers([transfer])[0]


def write_new_transfer(transfer: Transfer) -> dict[str, Any]:
    """The answer of its create: what write_transfer() will read once it is there."""
    return _written(facts_of_new(transfer))


def _written(facts: TransferFacts) -> dict[str, Any]:
    """What the serializer would write; a milestone that is not reached is left out. It writes text as it is, so it is not asked."""
    return {
        name: value if value is None or type(value) is str else _REPRESENT[name](value) for name, value in facts.fields().items()
    }


def write_incoming(transfers: Sequence[Transfer]) -> list[dict[str, Any]]:
    """As the receiver sees them. `client` of each is selected."""
    return [dict(IncomingAnswer(fields).data) for fields in received_fields(transfers)]


def write_page(rows: Sequence[dict[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    return {"data": list(rows), "next_cursor": next_cursor, "has_more": next_cursor is not None}
