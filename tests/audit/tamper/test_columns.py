"""No column of a sealed event can be changed: the database refuses, and where its owner forces it, the export shows it."""

from pathlib import Path

import pytest

from audit.sealing import leaf
from tests.audit.tamper.scene import OWNER, SUPERUSER, WEB, Scene, contents, force, kinds, offline, refusal, undone

VICTIM = "(recorded_at, id) = (SELECT recorded_at, event_id FROM audit_leaf WHERE index = 7)"
EDITS = {
    "id": "gen_random_uuid()",
    "recorded_at": "recorded_at - interval '1 microsecond'",
    "txid": "txid - 1",
    "cluster_epoch": "cluster_epoch + 1",
    "db_user": "'countersign_worker'",
    "schema_version": "2",
    "type": "'audit.never_happened'",
    "outcome": "'failed'",
    "actor_type": "'system'",
    "actor_id": "'somebody else'",
    "person_id": "NULL",
    "credential_id": "'a passkey'",
    "on_behalf_of": "'globex'",
    "correlation_id": "'another conversation'",
    "causation_id": "'a cause'",
    "request_id": "'a request'",
    "resource_type": "'another'",
    "resource_id": "'another'",
    "transaction_id": "gen_random_uuid()",
    "occurred_at": "occurred_at + interval '1 second'",
    "reason": "reason || ' '",
    "diff": "jsonb_set(diff, '{limit,0}', '\"1\"')",
    "metadata": 'metadata || \'{"amount": "1"}\'',
    "status_text": "'Done'",
}


def test_every_column_is_tried() -> None:
    assert tuple(EDITS) == leaf.COLUMNS


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_column(column: str, scene: Scene, tmp_path: Path) -> None:
    edit = f"UPDATE audit_event SET {column} = {EDITS[column]} WHERE {VICTIM}"
    before = contents()
    assert refusal(WEB, edit) == "42501"
    assert refusal(OWNER, edit) == "55000"
    assert refusal(SUPERUSER, edit) == "55000"
    assert refusal(SUPERUSER, "SET LOCAL session_replication_role = replica", edit) == "55000"
    assert contents() == before
    for role in (OWNER, SUPERUSER):
        with undone():
            force(role, edit)
            assert contents() != before
            report = offline(tmp_path / role)
            assert "root" in kinds(report)
    assert contents() == before
