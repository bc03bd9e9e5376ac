"""What shows only when life goes on after the crime: the sealer refuses, or seals what gives it away."""

import shutil
import time
from pathlib import Path

import pytest

from audit.sealing.sealer import SealRefused
from tests.audit.log import event as record_event
from tests.audit.log import notes, rows
from tests.audit.tamper.scene import (
    OWNER,
    SUPERUSER,
    WEB,
    Scene,
    act,
    force,
    kinds,
    living_on,
    offline,
    refusal,
    seal,
    sealer,
    using,
)

ROLES = [OWNER, SUPERUSER]
# A copy of an event as somebody else's, with some of it changed.
FORGED = (
    "INSERT INTO audit_event SELECT gen_random_uuid(), {recorded_at}, {txid}, {epoch}, 'countersign_web', schema_version, type,"
    " outcome, actor_type, 'forged', person_id, credential_id, on_behalf_of, correlation_id, causation_id, request_id,"
    " resource_type, resource_id, transaction_id, occurred_at, reason, diff, metadata, status_text FROM audit_event"
    " WHERE (recorded_at, id) = (SELECT recorded_at, event_id FROM audit_leaf WHERE index = 7)"
)


def _forged(*, recorded_at: str = "clock_timestamp()", txid: str = "pg_current_xact_id()::text::bigint", epoch: str = "1") -> str:
    return FORGED.format(recorded_at=recorded_at, txid=txid, epoch=epoch)


def _kept(directory: Path, name: str) -> Path:
    """All checkpoints of the database as it is, kept as an anchor."""
    path = directory / name
    path.write_text("".join(note + "\n" for note in notes()), encoding="utf-8")
    return path


def test_yesterdays_database_put_back(scene: Scene, tmp_path: Path) -> None:
    with using(scene.yesterday):
        assert kinds(offline(tmp_path / "alone")) == set()  # of itself it cannot tell that it is old
        assert kinds(offline(tmp_path / "anchored", [scene.anchors])) == {"rollback"}


def test_the_sealer_remembers_more_than_yesterdays_database(scene: Scene, tmp_path: Path) -> None:
    with living_on(scene.yesterday, scene.state, tmp_path / "state") as mine:
        record_event()
        with pytest.raises(SealRefused, match="do not lead there"):
            mine.round()
        assert kinds(offline(tmp_path / "export", [scene.anchors])) == {"rollback"}


def test_yesterdays_machine_put_back_whole_and_lived_on_with(scene: Scene, tmp_path: Path) -> None:
    with living_on(scene.yesterday, scene.yesterdays_state, tmp_path / "state") as mine:
        for number in range(400):
            record_event(number)
        seal(mine, 422)
        assert kinds(offline(tmp_path / "alone")) == set()
        assert {"root", "removed"} <= kinds(offline(tmp_path / "anchored", [scene.anchors]))


def test_one_log_living_on_in_two_places(scene: Scene, tmp_path: Path) -> None:
    """A machine copied with its key: each copy is honest, and an anchor of one betrays the other."""
    with living_on(scene.today, scene.state, tmp_path / "one") as mine:
        record_event(1)
        seal(mine, 293)
        anchors = _kept(tmp_path, "anchors of one")
    with living_on(scene.today, scene.state, tmp_path / "two") as theirs:
        record_event(2)
        seal(theirs, 293)
        assert kinds(offline(tmp_path / "alone", [scene.anchors])) == set()
        assert {"fork", "root"} <= kinds(offline(tmp_path / "export", [anchors]))


@pytest.mark.parametrize("role", ROLES)
def test_an_event_dated_back(role: str, scene: Scene, tmp_path: Path) -> None:
    forged = _forged(recorded_at="clock_timestamp() - interval '90 minutes'")
    assert refusal(WEB, forged) == "42501"
    assert refusal(role, forged) == "23514"
    with living_on(scene.today, scene.state, tmp_path / "state") as mine:
        force(role, forged)
        seal(mine, 293)
        assert kinds(offline(tmp_path / "export", [scene.anchors])) == {"late"}


@pytest.mark.parametrize("role", ROLES)
def test_an_event_dated_ahead(role: str, scene: Scene, tmp_path: Path) -> None:
    forged = _forged(recorded_at="clock_timestamp() + interval '1 day'")
    assert refusal(role, forged) == "23514"
    with living_on(scene.today, scene.state, tmp_path / "state") as mine:
        force(role, forged)
        seal(mine, 293)
        assert kinds(offline(tmp_path / "export", [scene.anchors])) == {"future"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", [{"txid": "(SELECT min(txid) FROM audit_event)"}, {"epoch": "0"}], ids=["transaction", "epoch"])
def test_an_event_of_another_transaction_or_epoch(change: dict[str, str], role: str, scene: Scene, tmp_path: Path) -> None:
    """The stamp corrects it. Forced behind what is sealed, it is never sealed, and part of no export."""
    forged = _forged(**change)
    with living_on(scene.today, scene.state, tmp_path / "state") as mine:
        act(role, forged)
        stamped = rows(
            "SELECT txid > (SELECT min(txid) FROM audit_event), cluster_epoch FROM audit_event WHERE actor_id = 'forged'"
        )
        assert stamped == [(True, 1)]
        force(role, forged)
        seal(mine, 293)
        assert offline(tmp_path / "export", [scene.anchors]).findings == []
        assert b"forged" in (tmp_path / "export" / "events.tsv").read_bytes()
        assert rows("SELECT count(*) FROM audit_event LEFT JOIN audit_leaf ON id = event_id WHERE event_id IS NULL") == [(1,)]


def test_the_application_dates_and_numbers_nothing(scene: Scene, tmp_path: Path) -> None:
    """What it says of itself in these fields is not even read."""
    with living_on(scene.today, scene.state, tmp_path / "state"):
        act(
            WEB,
            'SELECT audit_record(\'{"type": "audit.tested", "actor_type": "system", "actor_id": "forged",'
            ' "correlation_id": "c", "resource_type": "thing", "resource_id": "1", "occurred_at": "2020-01-01",'
            ' "id": "00000000-0000-0000-0000-000000000000", "recorded_at": "2020-01-01", "txid": 1, "cluster_epoch": 77,'
            ' "db_user": "postgres"}\')',
        )
        assert rows(
            "SELECT recorded_at > now() - interval '1 minute', txid > 1000, cluster_epoch, db_user FROM audit_event"
            " WHERE actor_id = 'forged' AND id <> '00000000-0000-0000-0000-000000000000'"
        ) == [(True, True, 1, WEB)]


SEALING_SPOILED = {
    "a leaf without checkpoint": "INSERT INTO audit_leaf SELECT 292, now(), gen_random_uuid(), sha256('x')",
    "the last leaf": "UPDATE audit_leaf SET hash = sha256('x') WHERE index = 291",
    "a node": "UPDATE audit_node SET hash = sha256('x')",
    "no nodes": "DELETE FROM audit_node",
    "the newest root": "UPDATE audit_checkpoint SET root = sha256('x'), note = origin || E'\\n' || size || E'\\n'"
    " || encode(sha256('x'), 'base64') || substr(note, strpos(note, E'\\n\\n')) WHERE size = 292",
    "the end": "DELETE FROM audit_checkpoint WHERE size > 22",
}


@pytest.mark.parametrize("spoiled", SEALING_SPOILED.values(), ids=SEALING_SPOILED.keys())
def test_nothing_is_sealed_on_top_of_a_spoiled_log(spoiled: str, scene: Scene, tmp_path: Path) -> None:
    with living_on(scene.today, scene.state, tmp_path / "state") as mine:
        force(OWNER, spoiled)
        record_event()
        before = notes()
        with pytest.raises(SealRefused):
            mine.round()
        assert notes() == before


def test_a_sealer_that_lost_its_memory_asks_somebody(scene: Scene, tmp_path: Path) -> None:
    with living_on(scene.today, scene.state, tmp_path / "state") as mine:
        shutil.rmtree(tmp_path / "state")
        with pytest.raises(SealRefused, match="does not remember"):
            mine.round()


def test_a_sealer_that_was_stopped_for_a_while(scene: Scene, tmp_path: Path) -> None:
    with living_on(scene.today, scene.state, tmp_path / "state"):
        later = time.time() + 3600
        sealer(tmp_path / "state", lambda: later).round()
        assert {"gap"} <= kinds(offline(tmp_path / "export"))
