"""export_audit and audit_proof: what they write proves itself without the database, and that it was given is recorded."""

import base64
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.models import AuditEvent
from audit.sealing import export, leaf
from audit.sealing.notes import open_note
from audit.sealing.proofs import verify_inclusion
from audit.sealing.tree import leaf_hash
from tests.audit.log import KEY, ORIGIN, House, events, house, notes, root_of, rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event

__all__ = ["db", "house"]


@pytest.fixture(autouse=True)
def _known(settings: Any) -> None:
    settings.AUDIT_LOG_KEY = f"{KEY.public()}\n"


@pytest.fixture
def sealed(house: House) -> House:
    events(300)
    house.seal(300)
    one_event()
    house.seal(301)
    return house


def _exported(directory: Path, *arguments: str) -> dict[str, Any]:
    call_command("export_audit", str(directory), *arguments, stdout=StringIO())
    manifest: dict[str, Any] = json.loads((directory / "manifest.json").read_text())
    return manifest


def test_an_export_holds_the_whole_log(sealed: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK", 128)
    manifest = _exported(tmp_path / "export")
    assert manifest == {
        "format": "countersign-audit/1",
        "origin": ORIGIN,
        "vkey": str(KEY.public()),
        "size": 301,
        "columns": list(leaf.COLUMNS),
    }
    lines = (tmp_path / "export" / "events.tsv").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert (len(lines), root_of(lines)) == (301, sealed.newest.checkpoint.root)
    assert (tmp_path / "export" / "checkpoints.txt").read_text() == "".join(note + "\n" for note in notes())


def test_an_export_is_recorded_before_it_is_written(sealed: House, tmp_path: Path) -> None:
    _exported(tmp_path / "export")
    event = AuditEvent.objects.get(type="audit.exported")
    assert (event.resource_id, event.actor_id, event.metadata["size"]) == (ORIGIN, "export_audit", 301)
    assert event.metadata["os_user"]


def test_an_export_can_end_at_an_older_checkpoint(sealed: House, tmp_path: Path) -> None:
    manifest = _exported(tmp_path / "export", "--until", "300")
    lines = (tmp_path / "export" / "events.tsv").read_bytes().splitlines()
    assert manifest["size"] == len(lines) == 300
    assert (tmp_path / "export" / "checkpoints.txt").read_text() == "".join(note + "\n" for note in notes()[:-1])


def test_an_export_goes_to_a_new_directory(sealed: House, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="exists already"):
        _exported(tmp_path)
    assert not AuditEvent.objects.filter(type="audit.exported").exists()


def test_nothing_is_exported_before_anything_is_sealed(house: House, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing has been sealed"):
        _exported(tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_an_export_of_a_trail_that_lost_events_says_so(sealed: House, tmp_path: Path) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_event WHERE resource_id IN ('7', '8')")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    said = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("export_audit", str(tmp_path / "export"), stdout=StringIO(), stderr=said)
    assert "2 sealed events are not in the database any more" in said.getvalue()


def _bundle(event_id: object) -> dict[str, Any]:
    out = StringIO()
    call_command("audit_proof", str(event_id), stdout=out)
    bundle: dict[str, Any] = json.loads(out.getvalue())
    return bundle


@pytest.mark.parametrize("index", [0, 255, 256, 300])
def test_a_proof_proves_its_event(sealed: House, index: int) -> None:
    event_id = rows("SELECT event_id FROM audit_leaf WHERE index = %s", [index])[0][0]
    bundle = _bundle(event_id)
    checkpoint = open_note(bundle["checkpoint"], [KEY.public()]).checkpoint
    assert (bundle["format"], bundle["origin"]) == ("countersign-proof/1", ORIGIN)
    assert (bundle["index"], bundle["size"]) == (index, checkpoint.size)
    assert bundle["leaf"].split("\t")[0] == str(event_id)
    assert verify_inclusion(
        leaf=leaf_hash(bundle["leaf"].encode()),
        index=index,
        size=checkpoint.size,
        proof=[base64.b64decode(part) for part in bundle["inclusion"]],
        root=checkpoint.root,
    )
    assert AuditEvent.objects.get(type="audit.proof_given").resource_id == str(event_id)


def test_there_is_no_proof_of_what_is_not_sealed(sealed: House) -> None:
    one_event()
    unsealed = AuditEvent.objects.order_by("-recorded_at")[0].id
    with pytest.raises(CommandError, match="not sealed yet"):
        _bundle(unsealed)
    with pytest.raises(CommandError, match="There is no event"):
        _bundle("00000000-0000-7000-8000-000000000000")
    assert not AuditEvent.objects.filter(type="audit.proof_given").exists()
