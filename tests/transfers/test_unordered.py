"""What only an order has stays needed on the routes that send money away."""

import json
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.transfers.world import World
from transfers.machines import CURRENT_VERSION
from transfers.models import Transfer
from transfers.states import Route

TERMS: dict[str, Any] = {
    "corridor_id": None,
    "destination_id": None,
    "policy_decision_id": None,
    "not_after": None,
    "hold_reference": "",
    "max_total_debit": 0,
    "min_target_amount": 0,
    "destination_details": {},
}
INTERNAL, CONVERSION = (
    {"route": route.value, "machine_version": CURRENT_VERSION[route]} for route in (Route.INTERNAL_TRANSFER, Route.CONVERSION)
)


def insert_like(transfer: Transfer, **columns: Any) -> None:
    """A second transfer by SQL, the same but for its id, reference and `columns`; checked as at commit."""
    changed = {"id": str(uuid.uuid4()), "reference": uuid.uuid4().hex[:26].upper(), **columns}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO transfers_transfer"
            " SELECT (jsonb_populate_record(kept, %s::jsonb)).* FROM transfers_transfer AS kept WHERE id = %s",
            [json.dumps(changed), transfer.id],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refusal_of(transfer: Transfer, **columns: Any) -> str:
    """Name of the constraint that refuses it."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        insert_like(transfer, **columns)
    assert caught.value.__cause__ is not None
    return str(caught.value.__cause__.diag.constraint_name)  # type: ignore[attr-defined]


@pytest.mark.parametrize("column", TERMS)
def test_a_withdrawal_without_one_of_its_terms_is_refused(world: World, column: str) -> None:
    transfer = world.order("100.00")
    assert refusal_of(transfer, **{column: TERMS[column]}) == "transfers_transfer_withdrawal_has_its_terms"
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize(
    ("columns", "check"),
    [
        ({"source_amount": 0}, "transfers_transfer_amounts_positive"),
        ({"fee_amount": -1}, "transfers_transfer_amounts_positive"),
        ({"max_fee": 0, "fee_amount": 1}, "transfers_transfer_fee_within_bound"),
        ({"max_total_debit": 1}, "transfers_transfer_debit_bound_covers_fee"),
        ({"deadline_at": None}, "transfers_transfer_open_has_a_deadline"),
        ({"receiver_id": "acme"}, "transfers_transfer_internal_has_a_receiver"),
        (INTERNAL, "transfers_transfer_internal_has_a_receiver"),
        (INTERNAL | {"receiver_id": "acme"}, "transfers_transfer_internal_has_a_receiver"),
        (CONVERSION | {"not_after": None}, "transfers_transfer_order_has_its_terms"),
    ],
    ids=str,
)
def test_amounts_out_of_bounds_and_wrong_parties_are_refused(world: World, columns: dict[str, Any], check: str) -> None:
    transfer = world.order("100.00")
    assert refusal_of(transfer, **columns) == check
    assert Transfer.objects.count() == 1


def test_the_same_with_all_its_terms_gets_past_that_check(world: World) -> None:
    assert refusal_of(world.order("100.00")) == "transfers_transfer_move_has_its_event"
