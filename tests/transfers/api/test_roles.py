"""The doors work with the privileges that web has in production, and have no more than they need."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from standardwebhooks import Webhook

from tests.transfers.api.conftest import Caller
from transfers.models import IdempotencyKey, InboundWebhook

Role = Callable[[str], AbstractContextManager[None]]
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_whole_interface_as_web(acme: Caller, database_role: Role) -> None:
    with database_role("countersign_web"):
        created = acme.create(amount="5000.00", key="order-1")
        assert created.status_code == 201
        assert acme.create(amount="5000.00", key="order-1").json() == created.json()
        assert acme.create(amount="1000001").status_code == 422
        # Twice, since the second is judged by what is remembered.
        assert [acme.create(amount="1.00").status_code for _ in range(2)] == [201, 201]
        location = created["Location"]
        assert acme.get(location).json() == created.json()
        assert acme.get("/v1/transfers").status_code == 200
        assert acme.get("/v1/balances").status_code == 200
        assert acme.cancel(created.json()["transaction_id"]).status_code == 200
        assert len(acme.get(f"{location}/events").json()["data"]) == 2


def test_the_inbox_as_web(db: None, database_role: Role) -> None:
    now, body = datetime.now(UTC), "{}"
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    with override_settings(WEBHOOK_SECRETS={"bank": SECRET}), database_role("countersign_web"):
        statuses = [
            Client().generic("POST", "/hooks/bank", body.encode(), headers=given).status_code for given in (headers, headers, {})
        ]
    assert statuses == [202, 200, 401]
    assert InboundWebhook.objects.count() == 2


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM transfers_idempotencykey",
        "UPDATE transfers_idempotencykey SET request_hash = '\\x00'",
        "UPDATE transfers_idempotencykey SET key = 'other'",
        "DELETE FROM transfers_inboundwebhook",
        "UPDATE transfers_inboundwebhook SET body = '\\x00'",
        "TRUNCATE transfers_inboundwebhook",
    ],
)
def test_neither_role_can_forget_a_key_or_a_message(acme: Caller, database_role: Role, role: str, statement: str) -> None:
    acme.create(key="order-1")
    refused = pytest.raises(DatabaseError, match="permission denied")
    with database_role(role), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert IdempotencyKey.objects.get().key == "order-1"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM transfers_idempotencykey",
        "UPDATE transfers_idempotencykey SET request_hash = '\\x00'",
        "UPDATE transfers_idempotencykey SET key = 'other'",
        "TRUNCATE transfers_idempotencykey",
    ],
)
def test_not_even_the_owner_can_free_a_key(acme: Caller, statement: str) -> None:
    acme.create(key="order-1")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert IdempotencyKey.objects.get().key == "order-1"
