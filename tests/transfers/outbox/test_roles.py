"""What the processes' own database roles may do with messages, and what they may not."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import ProgrammingError, connection, transaction

from tests.transfers.outbox.receivers import Receiver, Reply
from tests.transfers.outbox.story import hurry, only_delivery, tell
from tests.transfers.world import World
from transfers.outbox import endpoints
from transfers.outbox.switching import Why


@contextmanager
def role(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE countersign_{name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def test_web_makes_addresses_and_the_worker_does_the_telling(house: World, server: Receiver) -> None:
    with role("web"):
        endpoint, _ = endpoints.add(client_id="acme", url=server.url, events=["*"])
        endpoints.rotate_secret(endpoint_id=endpoint.pk, client_id="acme")
        house.order()
    with role("worker"):
        server.answers = [Reply(500)]
        tell()
        hurry_as_owner()
        tell()
    assert only_delivery().state == "delivered"
    with role("web"):
        endpoints.disable(endpoint_id=endpoint.pk, client_id="acme", why=Why.CLIENT, reason="we move")
        endpoints.enable(endpoint_id=endpoint.pk, client_id="acme", reason="we moved")
        endpoints.remove(endpoint_id=endpoint.pk, client_id="acme")


def test_the_worker_switches_off_what_is_gone(house: World, server: Receiver) -> None:
    endpoints.add(client_id="acme", url=server.url, events=["*"])
    server.usual = Reply(410)
    house.order()
    with role("worker"):
        tell()
    assert only_delivery().state == "failed"


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("web", "UPDATE transfers_outboxevent SET dispatched_at = now()"),
        ("web", "INSERT INTO transfers_webhookattempt SELECT * FROM transfers_webhookattempt"),
        ("web", "DELETE FROM transfers_webhooksecret"),
        ("worker", "INSERT INTO transfers_webhooksecret SELECT * FROM transfers_webhooksecret"),
        ("worker", "UPDATE transfers_webhookendpoint SET url = 'https://example.com/'"),
        ("worker", "UPDATE transfers_webhookattempt SET status = 200"),
        ("worker", "INSERT INTO transfers_outboxevent SELECT * FROM transfers_outboxevent"),
        ("sealer", "SELECT * FROM transfers_webhooksecret"),
        ("signer", "SELECT * FROM transfers_outboxevent"),
    ],
)
def test_nobody_does_what_is_not_theirs(house: World, name: str, statement: str) -> None:
    with role(name), connection.cursor() as cursor, pytest.raises(ProgrammingError, match="denied"), transaction.atomic():
        cursor.execute(statement)


def hurry_as_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    hurry()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE countersign_worker")
