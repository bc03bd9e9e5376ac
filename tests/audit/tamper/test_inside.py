"""verify_audit, from inside: it finds every attack that the export shows, and those that no export can show."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audit import definitions
from tests.audit.tamper.attacks import DEFINITIONS, EVENTS, SEALS, Attack
from tests.audit.tamper.scene import KEY, OWNER, SUPERUSER, Scene, act, force, living_on, seal, undone
from tests.audit.tamper.test_definitions import GUARDS, LYING, STAMPS
from tests.audit.tamper.test_later import SEALING_SPOILED, _forged


@pytest.fixture(autouse=True)
def _known(settings: Any) -> None:
    settings.AUDIT_LOG_KEY = str(KEY.public())


def _found(*anchors: Path) -> set[str]:
    """The checks that failed. Where nothing can be checked any more, the command says that and nothing better."""
    out, arguments = StringIO(), [part for path in anchors for part in ("--anchor", str(path))]
    with pytest.raises(SystemExit) as left:
        call_command("verify_audit", "--json", *arguments, stdout=out)
    report = json.loads(out.getvalue())
    assert left.value.code == ("holds", "broken", "unchecked").index(report["verdict"])
    return {finding["check"] for finding in report.get("findings", [{"check": "unchecked"}])}


def test_nobody_is_accused_before_anything_was_done(scene: Scene) -> None:
    assert _found(scene.anchors) == set()


@pytest.mark.parametrize("attack", [*EVENTS, *SEALS, *DEFINITIONS], ids=lambda attack: attack.name)
def test_what_the_export_shows_is_found_inside_too(attack: Attack, scene: Scene) -> None:
    with undone():
        (force if attack.guards else act)(OWNER, *attack.statements)
        assert _found(scene.anchors)


@pytest.mark.parametrize("spoiled", SEALING_SPOILED.values(), ids=SEALING_SPOILED.keys())
def test_a_spoiled_log_is_found(spoiled: str, scene: Scene) -> None:
    with undone():
        force(OWNER, spoiled)
        assert _found(scene.anchors)


def test_a_leaf_that_only_proofs_would_read(scene: Scene) -> None:
    with undone():
        force(OWNER, "UPDATE audit_leaf SET hash = sha256('x') WHERE index = 7")
        assert {"events", "nodes"} <= _found()


@pytest.mark.parametrize("role", [OWNER, SUPERUSER])
@pytest.mark.parametrize("change", [{"txid": "(SELECT min(txid) FROM audit_event)"}, {"epoch": "0"}], ids=["transaction", "epoch"])
def test_an_event_put_behind_what_is_sealed(change: dict[str, str], role: str, scene: Scene, tmp_path: Path) -> None:
    with undone():
        force(role, _forged(**change))
        assert _found() == {"unsealed"}


@pytest.mark.parametrize("change", GUARDS.values(), ids=GUARDS.keys())
def test_a_guard_that_was_taken_off(change: str, scene: Scene) -> None:
    with undone():
        act(OWNER, change)
        assert _found() == {"guards"}


FUNCTIONS = {
    "what records": LYING.format(time="clock_timestamp()"),
    "what stamps": STAMPS,
    "what refuses": "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "what names the epoch": "CREATE OR REPLACE FUNCTION audit_current_epoch() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1'",
    "what lets pass the next checkpoint": "CREATE OR REPLACE FUNCTION audit_check_new_checkpoint() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NEW; END'",
    "what looks for guards": "CREATE OR REPLACE FUNCTION audit_missing_guards(target regclass, keep_updates boolean DEFAULT false)"
    " RETURNS TABLE (relation text, guard text) LANGUAGE sql STABLE AS 'SELECT NULL::text, NULL::text LIMIT 0'",
    "one more trigger": "CREATE TRIGGER quietly BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
}


@pytest.mark.parametrize("change", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_function_that_lies(change: str, scene: Scene, tmp_path: Path) -> None:
    """Compared with what the last release recorded in the trail itself."""
    with living_on(scene.today, scene.state, tmp_path / "state") as mine:
        definitions.record_if_changed(release="1")
        seal(mine, 293)
        assert _found() == set()
        act(OWNER, change)
        assert "definitions" in _found()
