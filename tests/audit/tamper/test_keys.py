"""Who rewrites everything needs the key, and who has the key needs what was anchored before to be forgotten."""

import time
from hashlib import sha256
from pathlib import Path

import pytest

from audit.sealing import export
from audit.sealing.keys import SigningKey
from audit.sealing.notes import Checkpoint, sign
from tests.audit.log import rows
from tests.audit.tamper.attacks import EVENTS, Attack
from tests.audit.tamper.rewriting import checkpoint_again, rewrite, with_key, without_key
from tests.audit.tamper.scene import KEY, OWNER, SUPERUSER, Scene, force, kinds, offline, undone, verdict

EDIT = "UPDATE audit_event SET actor_id = 'nobody' WHERE resource_id = '5'"
ANOTHER = SigningKey(KEY.name, b"another key, not that of the log")
# An attack on the leaves themselves is of no use to somebody who makes them anew.
ON_EVENTS = [attack for attack in EVENTS if "DELETE FROM audit_leaf" not in " ".join(attack.statements)]
AN_HOUR = "DELETE FROM audit_checkpoint WHERE sequence BETWEEN 7 AND 18"


def test_a_rewritten_log_over_honest_events_is_the_same_log(scene: Scene, tmp_path: Path) -> None:
    """So that what follows fails for the reason it should."""
    before = rows("SELECT * FROM audit_leaf ORDER BY index"), rows("SELECT * FROM audit_node ORDER BY 1, 2")
    assert len(before[1]) == 1
    with undone():
        rewrite(with_key(KEY))
        assert (rows("SELECT * FROM audit_leaf ORDER BY index"), rows("SELECT * FROM audit_node ORDER BY 1, 2")) == before
        assert offline(tmp_path / "export", [scene.anchors]).findings == []


@pytest.mark.parametrize("role", [OWNER, SUPERUSER])
def test_everything_hashed_again_without_the_key(role: str, scene: Scene, tmp_path: Path) -> None:
    with undone():
        force(role, EDIT)
        rewrite(without_key)
        assert kinds(offline(tmp_path / "export")) == {"note", "unsealed"}


def test_everything_signed_again_with_another_key(scene: Scene, tmp_path: Path) -> None:
    with undone():
        force(SUPERUSER, EDIT)
        rewrite(with_key(ANOTHER))
        assert kinds(offline(tmp_path / "export")) == {"note", "unsealed"}
        export.write(tmp_path / "theirs", export.extent(), [ANOTHER.public()])
        assert kinds(verdict(tmp_path / "theirs")) == {"note", "unsealed", "manifest"}


def test_everything_under_another_name(scene: Scene, tmp_path: Path) -> None:
    theirs = SigningKey("house.example/another", KEY.seed)
    with undone():
        force(SUPERUSER, EDIT)
        rewrite(with_key(theirs), origin=theirs.name)
        assert kinds(offline(tmp_path / "export")) == {"note", "unsealed", "manifest"}


@pytest.mark.parametrize("attack", ON_EVENTS, ids=lambda attack: attack.name)
def test_everything_signed_again_with_the_stolen_key(attack: Attack, scene: Scene, tmp_path: Path) -> None:
    """Consistent in itself: nobody who has only the export can tell. Whoever kept a checkpoint can."""
    with undone():
        force(SUPERUSER, *attack.statements)
        rewrite(with_key(KEY))
        assert kinds(offline(tmp_path / "export")) <= {"future"}  # of the event that moved to another month
        assert kinds(offline(tmp_path / "again", [scene.anchors])) & {"root", "rollback"}


@pytest.mark.parametrize(("key", "found"), [(KEY, {"fork", "root"}), (ANOTHER, {"note"})], ids=["stolen", "another"])
def test_a_fork(key: SigningKey, found: set[str], scene: Scene, tmp_path: Path) -> None:
    with undone():
        checkpoint_again(key, root=sha256(b"another history").digest())
        assert kinds(offline(tmp_path / "export", [scene.anchors])) == found


def test_a_fork_shown_only_to_the_keeper_of_an_anchor(scene: Scene, tmp_path: Path) -> None:
    size, time = rows("SELECT size, extract(epoch FROM signed_at)::bigint FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1")[0]
    anchor = tmp_path / "anchor"
    anchor.write_text(sign(Checkpoint(KEY.name, size, sha256(b"another").digest()), KEY, time).note + "\n", encoding="utf-8")
    assert kinds(offline(tmp_path / "export", [anchor])) == {"fork", "root"}


def test_an_hour_without_checkpoints_is_a_gap_even_for_whoever_has_no_anchors(scene: Scene, tmp_path: Path) -> None:
    with undone():
        force(OWNER, AN_HOUR, "UPDATE audit_checkpoint SET sequence = sequence - 12 WHERE sequence > 18")
        report = offline(tmp_path / "export")
    assert [finding.kind for finding in report.findings] == ["gap"]
    assert "nothing for 3900 s before" in report.findings[0].message


def test_a_checkpoint_signed_for_another_time(scene: Scene, tmp_path: Path) -> None:
    sequence, size, root, time = rows(
        "SELECT sequence, size, root, extract(epoch FROM signed_at)::bigint FROM audit_checkpoint WHERE sequence = 15"
    )[0]
    for moved in (-500, 500):
        note = sign(Checkpoint(KEY.name, size, bytes(root)), KEY, time + moved).note
        with undone():
            force(SUPERUSER, f"UPDATE audit_checkpoint SET note = '{note}' WHERE sequence = {sequence}")
            assert "removed" in kinds(offline(tmp_path / f"with{moved}", [scene.anchors]))
            assert kinds(offline(tmp_path / f"without{moved}", max_gap_s=301)) == {"backward", "gap"}


def test_a_checkpoint_of_tomorrow(scene: Scene, tmp_path: Path) -> None:
    root = bytes(rows("SELECT root FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1")[0][0])
    with undone():
        checkpoint_again(KEY, root=root, seconds=86_400)
        assert kinds(offline(tmp_path / "export", now=int(time.time()))) == {"gap", "future"}
