"""Attacks on the sealed log by somebody who types SQL, as the owner and as the sealer's role."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

TABLES = ("audit_leaf", "audit_node", "audit_checkpoint", "audit_anchor_delivery", "audit_seal_refusal")
HASH = "sha256('x')"
LEAF = (
    f"INSERT INTO audit_leaf (index, recorded_at, event_id, hash) SELECT n, now(), gen_random_uuid(), {HASH} FROM generate_series"
)
NODE = f"INSERT INTO audit_node (level, index, hash) VALUES ({{}}, {{}}, {HASH})"

pytestmark = pytest.mark.django_db


def _run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def _rows() -> list[Any]:
    with connection.cursor() as cursor:
        found = []
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")
            found.append(cursor.fetchall())
    return found


def _checkpoint(sequence: int = 2, size: int = 300, root: str = HASH, at: int = 100, horizon: str = "1, 10", note: str = "") -> str:
    body = f"'o' || E'\\n' || {size} || E'\\n' || encode({root}, 'base64') || E'\\n\\nsigned'"
    return (
        "INSERT INTO audit_checkpoint (sequence, origin, size, root, signed_at, note, horizon_epoch, horizon_txid)"
        f" VALUES ({sequence}, 'o', {size}, {root}, to_timestamp({at}), {note or body}, {horizon})"
    )


@pytest.fixture(autouse=True)
def _log() -> None:
    """300 leaves, one node, one checkpoint, and a row in each of the others."""
    _run(f"{LEAF}(0, 299) n")
    _run(NODE.format(8, 0))
    _run(_checkpoint(sequence=1))
    _run("INSERT INTO audit_anchor (name, kind, every_s, active) VALUES ('a', 'file', 1, true)")
    _run("INSERT INTO audit_anchor_delivery (anchor, sequence) VALUES ('a', 1)")
    _run("INSERT INTO audit_seal_refusal (reason) VALUES ('because')")


@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("replica", [False, True])
def test_the_log_keeps_its_history(table: str, verb: str, replica: bool) -> None:
    column = {"audit_anchor_delivery": "receipt", "audit_seal_refusal": "reason", "audit_checkpoint": "note"}.get(table, "hash")
    before = _rows()
    attack = verb.format(table, column, column)
    with pytest.raises(OperationalError, match="keeps its history"):
        _run(f"SET LOCAL session_replication_role = replica; {attack}" if replica else attack)
    assert _rows() == before


def test_anchors_change_but_never_go() -> None:
    _run("UPDATE audit_anchor SET attempts = 1")
    for attack in ("DELETE FROM audit_anchor", "TRUNCATE audit_anchor CASCADE"):
        with pytest.raises(OperationalError, match="keeps its history"):
            _run(attack)


def test_no_guard_is_missing() -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT * FROM audit_missing_guards(%s)", [table])
            assert cursor.fetchall() == []
        cursor.execute("SELECT * FROM audit_missing_guards('audit_anchor', true)")
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "attack",
    [
        f"{LEAF}(301, 301) n",
        f"{LEAF}(302, 310) n",
        f"{LEAF}(300, 310, 2) n",
        f"SET LOCAL session_replication_role = replica; {LEAF}(301, 301) n",
        NODE.format(8, 1),
        NODE.format(8, 2),
        NODE.format(16, 0),
        _checkpoint(sequence=1),
        _checkpoint(sequence=3),
        _checkpoint(size=299),
        _checkpoint(size=301),
        _checkpoint(root="sha256('y')"),
        _checkpoint(at=99),
        _checkpoint(horizon="1, 9"),
        _checkpoint(horizon="0, 99"),
        f"SET LOCAL session_replication_role = replica; {_checkpoint(size=299)}",
    ],
)
def test_nothing_but_the_successor_can_be_added(attack: str) -> None:
    before = _rows()
    with pytest.raises(IntegrityError, match=r"follow|duplicate"):
        _run(attack)
    assert _rows() == before


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (f"{LEAF}(-1, -1) n", "counts_from_zero"),
        (f"{LEAF}(299, 299) n", "audit_leaf_pkey"),
        ("INSERT INTO audit_leaf SELECT index + 300, recorded_at, event_id, hash FROM audit_leaf LIMIT 1", "seals_an_event_once"),
        ("INSERT INTO audit_leaf VALUES (300, now(), gen_random_uuid(), 'short')", "is_a_sha256"),
        (NODE.format(7, 0), "level_is_kept"),
        (_checkpoint(note="'something else'"), "says_what_its_note_says"),
    ],
)
def test_a_row_is_what_it_must_be(attack: str, reason: str) -> None:
    before = _rows()
    with pytest.raises(IntegrityError, match=reason):
        _run(attack)
    assert _rows() == before


def test_the_right_successor_is_taken_with_the_databases_own_time() -> None:
    _run(f"{LEAF}(300, 600) n")
    _run(NODE.format(8, 1))
    _run(_checkpoint(size=601, root="sha256('y')"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recorded_at BETWEEN transaction_timestamp() AND clock_timestamp() FROM audit_checkpoint WHERE sequence = 2"
        )
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize(
    "attack",
    [
        "INSERT INTO audit_anchor_delivery (anchor, sequence, delivered_at) VALUES ('a', 1, now())",
        "INSERT INTO audit_seal_refusal (reason, recorded_at) VALUES ('x', now())",
        "INSERT INTO audit_event SELECT * FROM audit_event",
        "UPDATE audit_leaf SET index = 1",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_anchor SET name = 'b'",
        "ALTER TABLE audit_leaf DISABLE TRIGGER ALL",
    ],
)
def test_the_sealer_may_only_add(database_role: Any, attack: str) -> None:
    with database_role("countersign_sealer"), pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        _run(attack)


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker"])
def test_others_only_read(database_role: Any, role: str) -> None:
    with database_role(role):
        assert [len(rows) for rows in _rows()] == [300, 1, 1, 1, 1]
        for attack in (
            f"{LEAF}(300, 300) n",
            NODE.format(8, 1),
            _checkpoint(),
            "INSERT INTO audit_seal_refusal (reason) VALUES ('x')",
        ):
            with pytest.raises(DatabaseError, match="permission denied"):
                _run(attack)
