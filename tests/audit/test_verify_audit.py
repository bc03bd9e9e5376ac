"""verify_audit: it holds over an honest log, and names what was done to one that is not, whoever did it."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from audit import definitions
from audit.inspection import leaves as inspected
from audit.sealing.keys import SigningKey
from audit.sealing.notes import Checkpoint, sign
from audit.sealing.tree import Frontier, leaf_hash
from tests.audit.log import KEY, ORIGIN, House, events, house, notes, rows, sealed_rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event

__all__ = ["db", "house"]

TABLES = ("audit_event", "audit_leaf", "audit_node", "audit_checkpoint")


@pytest.fixture
def sealed(house: House, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """600 events in three checkpoints, all of them in an anchor file."""
    settings.AUDIT_LOG_KEY = str(KEY.public())
    settings.AUDIT_ANCHORS = {"disk": f"file://{tmp_path}/anchor"}
    monkeypatch.setattr(inspected, "CHUNK", 256)
    for size in (300, 500, 600):
        events(size - rows("SELECT count(*) FROM audit_event")[0][0])
        house.seal(size)
    _anchor(tmp_path)
    return house


def _anchor(directory: Path) -> None:
    (directory / "anchor").write_text("".join(note + "\n" for note in notes()))


def _verified(*arguments: str) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify_audit", *arguments, "--json", stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return int(left.value.code or 0), report


def _found() -> list[tuple[str, str]]:
    """Check and subject of each finding, without those of definitions that no release recorded."""
    status, report = _verified()
    assert (status == 1) == bool(report["findings"])
    return [(finding["check"], finding["subject"]) for finding in report["findings"]]


def _as_owner(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_truncate")
        for table, trigger in (
            ("audit_event", "stamp_event"),
            ("audit_leaf", "check_new_leaves"),
            ("audit_node", "check_new_nodes"),
            ("audit_checkpoint", "check_new_checkpoint"),
        ):
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        # Those of partitions follow their parent's, except truncation.
        cursor.execute("SELECT audit_guard_table('audit_event')")


def test_an_honest_log_holds(sealed: House) -> None:
    one_event()
    status, report = _verified()
    assert (status, report["verdict"], report["findings"]) == (0, "holds", [])
    assert (report["events"], report["checkpoints"], report["anchored"]) == (600, len(notes()), len(notes()))
    assert "1 events are not sealed yet" in report["notes"]
    assert len(report["checks"]) == 10


def test_words_for_people(sealed: House) -> None:
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit", stdout=out)
    assert (
        out.getvalue().splitlines()[-1]
        == f"all checks hold: 600 events, {len(notes())} checkpoints and {len(notes())} anchored ones"
    )


def test_what_the_owner_did_and_undid_leaves_no_finding(sealed: House) -> None:
    _as_owner()
    assert _found() == []


def _event(index: int) -> str:
    return f"id = (SELECT event_id FROM audit_leaf WHERE index = {index})"


EDIT = f"UPDATE audit_event SET reason = 'never' WHERE {_event(7)}"
# What was done -> the findings: check and subject, * for any.
ATTACKS: dict[str, tuple[list[str], set[tuple[str, str]]]] = {
    "edit": ([EDIT], {("events", "leaf 7")}),
    "delete": ([f"DELETE FROM audit_event WHERE {_event(599)}"], {("events", "leaf 599")}),
    "put between": (
        [f"UPDATE audit_event SET txid = (SELECT min(txid) FROM audit_event), id = gen_random_uuid() WHERE {_event(599)}"],
        {("events", "leaf 599"), ("unsealed", "*")},
    ),
    "cut": (
        [
            "DELETE FROM audit_leaf WHERE index >= 300",
            "DELETE FROM audit_node WHERE index > 0",
            "DELETE FROM audit_checkpoint WHERE size > 300",
            "DELETE FROM audit_event WHERE NOT EXISTS (SELECT FROM audit_leaf WHERE event_id = id)",
        ],
        {("anchors", "*")},
    ),
    "leaf gone": (
        ["DELETE FROM audit_leaf WHERE index = 7"],
        {("events", "leaves from 0"), ("checkpoints", "*"), ("anchors", "*"), ("unsealed", "*"), ("nodes", "*")},
    ),
    "leaf changed": (
        ["UPDATE audit_leaf SET hash = sha256('x') WHERE index = 7"],
        {("events", "leaf 7"), ("checkpoints", "*"), ("anchors", "*"), ("nodes", "*")},
    ),
    "node changed": (["UPDATE audit_node SET hash = sha256('x') WHERE index = 1"], {("nodes", "node 1 of level 8")}),
    "node gone": (["DELETE FROM audit_node WHERE index = 0"], {("nodes", "node 0 of level 8")}),
    "checkpoint gone": (["DELETE FROM audit_checkpoint WHERE sequence = 1"], {("checkpoints", "*")}),
    "row of a checkpoint": (
        [
            "ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_says_what_its_note_says",
            "UPDATE audit_checkpoint SET size = 299 WHERE size = 300",
        ],
        {("checkpoints", "*")},
    ),
}


@pytest.mark.parametrize("done", ATTACKS)
def test_it_names_what_was_done(sealed: House, done: str) -> None:
    attack, findings = ATTACKS[done]
    _as_owner(*attack)
    wild = {check for check, subject in findings if subject == "*"}
    assert {(check, "*" if check in wild else subject) for check, subject in _found()} == findings


def test_a_history_written_anew_and_signed_with_the_stolen_key_is_found_by_its_anchor(sealed: House, tmp_path: Path) -> None:
    """The thief owns the database and the key: event, leaf, nodes and every checkpoint agree with each other again."""
    _as_owner(EDIT)
    tree, size = Frontier(), 0
    entries = [leaf_hash(entry) for entry in sealed_rows()]
    statements = [f"UPDATE audit_leaf SET hash = '\\x{entries[7].hex()}' WHERE index = 7"]
    for sequence, until in rows("SELECT sequence, size FROM audit_checkpoint ORDER BY sequence"):
        nodes = tree.append(entries[size:until])
        statements += [f"UPDATE audit_node SET hash = '\\x{node.hash.hex()}' WHERE index = {node.index}" for node in nodes]
        size = until
        note = sign(Checkpoint(ORIGIN, size, tree.root()), KEY, 1_800_000_000).note
        root = tree.root().hex()
        statements.append(f"UPDATE audit_checkpoint SET root = '\\x{root}', note = '{note}' WHERE sequence = {sequence}")
    _as_owner(*statements)
    assert [check for check, _ in _found()] == ["anchors"]
    (tmp_path / "anchor").unlink()
    assert _found() == []


def test_another_key_is_not_ours(sealed: House) -> None:
    note = sign(Checkpoint(ORIGIN, 600, sealed.newest.checkpoint.root), SigningKey(ORIGIN, bytes(32)), 1_800_000_000).note
    _as_owner(f"UPDATE audit_checkpoint SET note = '{note}' WHERE size = 600")
    assert {check for check, _ in _found()} == {"checkpoints"}


@pytest.mark.parametrize(
    ("weaken", "subject"),
    [
        ("ALTER TABLE audit_event DISABLE TRIGGER stamp_event", "audit_event"),
        ("ALTER TABLE audit_event_default DISABLE TRIGGER refuse_truncate", "audit_event_default"),
        ("DROP TRIGGER check_new_leaves ON audit_leaf", "audit_leaf"),
        ("ALTER TABLE audit_checkpoint ENABLE REPLICA TRIGGER check_new_checkpoint", "audit_checkpoint"),
    ],
)
def test_a_guard_that_is_off_is_named(sealed: House, weaken: str, subject: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(weaken)
    assert ("guards", subject) in _found()
    assert {check for check, _ in _found()} == {"guards"}


def test_a_function_that_is_not_the_releases_is_named(sealed: House) -> None:
    assert "no release has recorded its database functions yet" in _verified()[1]["notes"]
    assert definitions.record_if_changed(release="1") is True
    assert definitions.record_if_changed(release="1") is False
    assert _found() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )
        cursor.execute("CREATE FUNCTION stranger() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    assert _found() == [("definitions", "function audit_refuse_change()"), ("definitions", "function stranger()")]


def test_a_trail_that_goes_on_unsealed_is_found(sealed: House) -> None:
    one_event()
    unsealed = "UPDATE audit_event SET recorded_at = recorded_at - interval '{} seconds' WHERE resource_id = '0'"
    _as_owner(unsealed.format(100))
    assert _found() == []
    _as_owner(unsealed.format(100))
    assert [check for check, _ in _found()] == ["late"]
    assert _verified("--max-late", "3600")[0] == 0


def test_a_thousand_changes_do_not_make_a_thousand_lines(sealed: House) -> None:
    _as_owner("UPDATE audit_event SET reason = 'never'")
    _, report = _verified()
    listed = [finding for finding in report["findings"] if finding["check"] == "events"]
    assert (len(listed), listed[-1]["message"]) == (21, "580 more of the same kind")


def test_what_cannot_be_checked_is_neither_right_nor_wrong(sealed: House, settings: Any, tmp_path: Path) -> None:
    assert _verified("--anchor", str(tmp_path / "missing"))[0] == 2
    settings.AUDIT_LOG_KEY = ""
    status, report = _verified()
    assert (status, report["verdict"]) == (2, "unchecked")


def _broken_anchor(change: Callable[[str], str], directory: Path) -> list[tuple[str, str]]:
    path = directory / "anchor"
    path.write_text(change(path.read_text()))
    return _found()


def test_an_anchor_file_that_was_changed_is_a_finding(sealed: House, tmp_path: Path) -> None:
    assert [check for check, _ in _broken_anchor(lambda text: text.replace("\n600\n", "\n601\n"), tmp_path)] == ["anchors"]
