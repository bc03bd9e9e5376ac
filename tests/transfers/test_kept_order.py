"""What was ordered stays as it was ordered, whoever writes the row: the columns that may change are named, and no other may."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.transfers.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("client_reference", "'another'"),
        ("source_amount", "source_amount + 1"),
        ("destination_details", 'destination_details || \'{"address": "0x0"}\''),
        ("metadata", "'{\"a\": 1}'"),
        ("max_fee", "max_fee + 1"),
        ("receiver_id", "client_id"),
        ("created_at", "created_at - interval '1 second'"),
        ("made_by", "'somebody'"),
    ],
)
def test_no_column_of_an_order_changes(column: str, value: str, world: World) -> None:
    transfer = world.order()
    before = row(str(transfer.pk))
    with pytest.raises(DatabaseError, match=f"column {column} of transfers_transfer never changes"), transaction.atomic():
        update(f"SET {column} = {value}")
    assert row(str(transfer.pk)) == before


def test_a_new_column_is_kept_from_the_day_it_is_added(world: World) -> None:
    world.order()
    update("SET last_error = 'may change'")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE transfers_transfer ADD COLUMN of_tomorrow integer")
    with pytest.raises(DatabaseError, match="column of_tomorrow of transfers_transfer never changes"), transaction.atomic():
        update("SET of_tomorrow = 1")


def update(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE transfers_transfer {what}")


def row(transfer_id: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t) FROM transfers_transfer AS t WHERE id = %s", [transfer_id])
        return cursor.fetchone()
