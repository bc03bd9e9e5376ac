"""What clients may send. Shape only: whether a destination, currency or amount makes sense is decided by the commands."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from transfers.api.parsing import canonical
from transfers.commands.orders import MAX_REFERENCE_LENGTH
from transfers.states import Status

# Amounts are decimal text: an optional fraction, no sign, no exponent, no grouping, no leading zeros.
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,59})(\.[0-9]{1,30})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z0-9._-]{1,60}", re.ASCII)
_CORRIDOR = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
# ISO/IEC 7812: twelve to nineteen digits, in groups or not.
_CARD_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){11,18}", re.ASCII)
MAX_METADATA_BYTES = 8 * 1024
DEFAULT_LIMIT, MAX_LIMIT = 50, 200


class Strict(serializers.Serializer[Any]):
    """Unknown fields are refused: one that we ignored might be the one the client relied on."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = [name for name in data if name not in self.fields] if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError({str(name)[:100]: ["This field is not known."] for name in unknown})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text that was sent as text: a number is not quietly turned into one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Send this as text.")
        if any(unicodedata.category(character) == "Cc" for character in data):
            raise serializers.ValidationError("This holds a control character.")
        return super().to_internal_value(data)


class Shaped(Text):
    """Text of one exact shape."""

    def __init__(self, pattern: re.Pattern[str], sentence: str, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        self._pattern, self._sentence = pattern, sentence

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not self._pattern.fullmatch(text):
            raise serializers.ValidationError(self._sentence)
        return text


@extend_schema_field({"type": "string", "pattern": f"^{_AMOUNT.pattern}$", "examples": ["1000.00"]})
class Amount(Shaped):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_AMOUNT, 'Send the amount as decimal text in major units, such as "1000.00".', **kwargs)


@extend_schema_field({"type": "string", "pattern": f"^{_CURRENCY.pattern}$", "examples": ["USDC", "USDC.ethereum"]})
class Currency(Shaped):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_CURRENCY, "Send a code such as USDC or an asset id such as USDC.ethereum.", **kwargs)


_ADDRESS = {
    "type": "object",
    "properties": {"type": {"const": "crypto_address"}, "network": {"type": "string"}, "address": {"type": "string"}},
    "required": ["type", "address"],
    "additionalProperties": False,
}
_ACCOUNT = {
    "type": "object",
    "properties": {
        "type": {"const": "bank_account"},
        **{name: {"type": "string"} for name in ("iban", "clabe", "bic", "name", "country")},
    },
    "required": ["type", "name"],
    "additionalProperties": False,
}
_CLIENT = {
    "type": "object",
    "properties": {"type": {"const": "client_account"}, "client": {"type": "string"}},
    "required": ["type", "client"],
    "additionalProperties": False,
    "description": "Another client's balance here.",
}
_OWN = {
    "type": "object",
    "properties": {"type": {"const": "own_balance"}},
    "required": ["type"],
    "additionalProperties": False,
    "description": "The client's own balance in the target currency: a conversion.",
}
_BARE = {"type": "string", "description": "An address on the only network there is."}


@extend_schema_field({"oneOf": [_ADDRESS, _ACCOUNT, _CLIENT, _OWN, _BARE]})
class Where(serializers.JSONField):
    """A destination object, or an address as text. Its fields are judged by the control plane, which names each fault."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and 0 < len(data) <= 200:
            return data
        if isinstance(data, dict) and len(data) <= 20:
            return data
        raise serializers.ValidationError("Send an object with a type, or an address as text.")


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 50})
class Metadata(serializers.JSONField):
    """The client's own names and texts, kept and given back unchanged."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            raise serializers.ValidationError("Send an object whose values are text.")
        if len(canonical(data)) > MAX_METADATA_BYTES:
            raise serializers.ValidationError(f"Metadata may hold {MAX_METADATA_BYTES} bytes.")
        return data


class CorridorName(Shaped):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_CORRIDOR, "Send a corridor such as US-MX.", **kwargs)


class CreateTransfer(Strict):
    """Body of `POST /v1/transfers`."""

    source_currency = Currency()
    target_currency = Currency()
    amount = Amount(help_text="What the destination's side of the order is worth in the source asset; fees come on top.")
    destination = Where()
    corridor = CorridorName(required=False, allow_null=True, default=None)
    quote_id = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="A firm quote of yours for this amount; used as long as it holds."
    )
    reference = Text(
        required=False, allow_blank=True, default="", max_length=MAX_REFERENCE_LENGTH, help_text="The client's own text."
    )
    metadata = Metadata(required=False, default=dict)


# Built once: a serializer that is made anew copies each of its fields.
_CREATE = CreateTransfer()


def read_create(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a create. Raises ValidationError."""
    given: dict[str, Any] = _CREATE.run_validation(body)
    return given


class CardToken(Text):
    """Whoever keeps a card's number answers for it, so none comes in: not even as something that we would refuse later."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if _CARD_NUMBER.fullmatch(text):
            raise serializers.ValidationError(
                "This looks like a card's number. Send the card provider's token of the card instead."
            )
        return text


class CreateCardDeposit(Strict):
    """Body of `POST /v1/card_deposits`."""

    currency = Currency()
    amount = Amount(help_text="What the card is charged, all of which comes to your balance.")
    card = CardToken(max_length=200, help_text="The card provider's token of the card; never its number.")
    reference = Text(
        required=False, allow_blank=True, default="", max_length=MAX_REFERENCE_LENGTH, help_text="The client's own text."
    )
    metadata = Metadata(required=False, default=dict)


class CancelTransfer(Strict):
    """Body of `POST /v1/transfers/{transaction_id}/cancel`; may be left out."""

    reason = Text(required=False, allow_blank=True, default="", max_length=500)


class Moment(serializers.DateTimeField):
    """RFC 3339 with a zone: a time without one means something else on every desk."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or "T" not in str(value).upper():
            raise serializers.ValidationError("Send an RFC 3339 time with a zone, such as 2026-01-31T12:00:00Z.")
        return moment.astimezone(UTC)


class ListTransfers(Strict):
    """Query of `GET /v1/transfers`."""

    status = serializers.ChoiceField(choices=[status.value for status in Status], required=False)
    corridor = Shaped(_CORRIDOR, "Send a corridor such as US-MX.", required=False)
    created_after = Moment(required=False, help_text="Later than this moment.")
    created_before = Moment(required=False, help_text="Earlier than this moment.")
    reference = Text(required=False, max_length=MAX_REFERENCE_LENGTH, trim_whitespace=False)
    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)
    cursor = Text(required=False, max_length=400)


class ListIncoming(Strict):
    """Query of `GET /v1/incoming_transfers`."""

    limit = serializers.IntegerField(required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)
    cursor = Text(required=False, max_length=400)


class ListEvents(Strict):
    """Query of `GET /v1/transfers/{transaction_id}/events`."""

    limit = serializers.IntegerField(required=False, default=MAX_LIMIT, min_value=1, max_value=MAX_LIMIT)
    cursor = Text(required=False, max_length=400)
