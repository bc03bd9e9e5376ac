"""Every table is versioned, added to and never rewritten, guarded by rows of its own, or says why it is neither."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import DatabaseError

from approvals.models import Client
from audit import context
from audit.context import Actor
from backoffice.console.audit.kinds import kinds
from tests.transfers.world import World
from transfers.models import WebhookEndpoint
from transfers.outbox import endpoints
from transfers.outbox.switching import Why

pytestmark = pytest.mark.django_db
FLOORS = ("approvals", "transfers", "reconciliation")
NEW = ("bankaccount", "promotion", "source", "wallet", "webhookendpoint")
_GUARDS = "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
# What nothing is configured by, and no guard keeps: working state that can be lost.
EXEMPT = {
    "approvals_apikey": "made and revoked, each with its event; when it was last used is no configuration",
    "approvals_person": "who somebody is, added with an event",
    "transfers_heartbeat": "signs of life, forgotten when the process is gone",
    "transfers_providerstate": "how a provider has answered lately",
    "transfers_scanmark": "how far blocks were read",
    "transfers_settledholding": "sums that can be added up again",
    "transfers_syntheticrun": "when a health check ran",
    "transfers_transitioncount": "sums that can be added up again",
    "transfers_transitionmark": "how far they were added up",
}


def _tables() -> dict[str, Any]:
    return {model._meta.db_table: model for name in FLOORS for model in apps.get_app_config(name).get_models()}


def _guards(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_GUARDS, [table])
        return int(cursor.fetchone()[0])


def test_every_table_is_versioned_guarded_or_exempt() -> None:
    versioned = {kind.history.model.instance_type._meta.db_table for kind in kinds().values()}
    bare = {table for table in _tables() if table not in versioned and not _guards(table)}
    assert bare == EXEMPT.keys()


def test_the_versions_themselves_are_guarded_against_change() -> None:
    for kind in kinds().values():
        table = kind.history.model._meta.db_table
        assert _guards(table) >= 2, table
    assert set(NEW) <= kinds().keys()


def test_an_address_of_a_client_keeps_what_it_was_and_no_secret(world: World, settings: Any) -> None:
    settings.WEBHOOK_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with context.bind(Actor.system("ada")):
        endpoint, secret = endpoints.add(client_id="acme", url="https://hooks.acme.example/in", events=["*"], reason="their ticket")
        about: dict[str, Any] = {"endpoint_id": endpoint.pk, "client_id": "acme"}
        endpoints.disable(**about, why=Why.OPERATOR, reason="they move")
        endpoints.rotate_secret(**about)
        endpoints.remove(**about, reason="over")
    rows = list(WebhookEndpoint.history.order_by("history_date", "history_id"))
    assert [(row.status, row.deleted_at is None, row.history_change_reason) for row in rows] == [
        ("enabled", True, "their ticket"),
        ("disabled", True, "they move"),
        ("disabled", False, "over"),
    ]
    assert {row.history_user_id for row in rows} == {"ada"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(kept)::text FROM transfers_historicalwebhookendpoint AS kept")
        assert all(secret not in row and "secret" not in row for (row,) in cursor.fetchall())


def test_a_version_is_not_rewritten(world: World) -> None:
    with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE transfers_historicalwallet SET address = '0x'")
    assert Client.objects.exists()
