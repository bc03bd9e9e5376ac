"""Every attack of `attacks`, by everybody: refused by the database, or proven afterwards by whoever holds export and anchors."""

from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError

from audit.sealing.export import NothingSealed
from tests.audit.tamper.attacks import DEFINITIONS, DENIED, EVENTS, REPLICA, SEALS, Attack
from tests.audit.tamper.scene import OWNER, SUPERUSER, WEB, Scene, act, contents, force, kinds, offline, refusal, undone

ALL = (*EVENTS, *SEALS, *DEFINITIONS)


def _found(directory: Path, scene: Scene) -> set[str]:
    try:
        return kinds(offline(directory, [scene.anchors]))
    except (DatabaseError, psycopg.Error, NothingSealed):
        return {"nothing", "to", "export"}


def test_nobody_is_accused_before_anything_was_done(scene: Scene, tmp_path: Path) -> None:
    report = offline(tmp_path / "export", [scene.anchors])
    assert (report.findings, report.events) == ([], 292)
    assert report.checkpoints == report.anchored > 24


def test_every_attack_has_a_name_of_its_own() -> None:
    assert len({attack.name for attack in ALL}) == len(ALL) >= 50


@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.name)
def test_the_database_refuses_it(attack: Attack, scene: Scene) -> None:
    """The application always; owner and superuser where there is a guard, also in a session that asks for no triggers."""
    before = contents()
    assert refusal(WEB, *attack.statements) == DENIED
    if attack.guards:
        for role in (OWNER, SUPERUSER):
            assert refusal(role, *attack.statements).startswith(attack.guards)
        assert refusal(OWNER, REPLICA, *attack.statements) == DENIED
        assert refusal(SUPERUSER, REPLICA, *attack.statements).startswith(attack.guards)
    assert contents() == before


@pytest.mark.parametrize("role", [OWNER, SUPERUSER])
@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.name)
def test_without_the_guards_it_is_done_and_proven(attack: Attack, role: str, scene: Scene, tmp_path: Path) -> None:
    with undone():
        (force if attack.guards else act)(role, *attack.statements)
        found = _found(tmp_path / "export", scene)
    assert attack.found <= found
