"""What statements carry is what Django's encoder wrote before: the same forms, whichever library writes them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from audit.envelope import as_jsonb


class _Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 11, 27, 1, 2, 3, 456789, UTC),
        datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC),
        UUID(int=7),
        Decimal("1.50"),
        _Colour.RED,
        10**77,
        {1: "a key that is no text"},
        "ünïcode \u2028 and 'quotes'",
        [None, True, (1, 2)],
    ],
)
def test_it_writes_what_djangos_encoder_would(value: Any) -> None:
    written = as_jsonb({"value": value})
    assert json.loads(written.dumps(written.obj)) == json.loads(json.dumps({"value": value}, cls=DjangoJSONEncoder))


def test_it_refuses_what_has_no_form() -> None:
    written = as_jsonb({"value": object()})
    with pytest.raises(TypeError):
        written.dumps(written.obj)
