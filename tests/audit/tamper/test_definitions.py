"""Guards, functions, policies and settings: what their owner can change about them, and how that shows."""

from pathlib import Path

import pytest
from django.db import connection, transaction

from audit.sealing import export
from audit.sealing.leaf import copy_rows, fix_format
from tests.audit.log import rows
from tests.audit.tamper.attacks import DENIED
from tests.audit.tamper.scene import (
    KEY,
    OWNER,
    SUPERUSER,
    THIS_MONTH,
    WEB,
    Scene,
    act,
    contents,
    kinds,
    living_on,
    offline,
    refusal,
    undone,
    verdict,
)

GUARDS = {
    "dropped": "DROP TRIGGER refuse_change ON audit_event",
    "dropped from the leaves": "DROP TRIGGER refuse_truncate ON audit_leaf",
    "disabled": "ALTER TABLE audit_event DISABLE TRIGGER refuse_truncate",
    "disabled for everything": "ALTER TABLE audit_checkpoint DISABLE TRIGGER USER",
    "weakened to the ordinary": "ALTER TABLE audit_event ENABLE TRIGGER refuse_change",
    "weakened to replicas": "ALTER TABLE audit_node ENABLE REPLICA TRIGGER refuse_change",
    "disabled on one month": f"DO $$ BEGIN EXECUTE format('ALTER TABLE %I DISABLE TRIGGER refuse_change', {THIS_MONTH}); END $$",
    "conditional": "CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit_leaf FOR EACH ROW"
    " WHEN (OLD.index <> 7) EXECUTE FUNCTION audit_refuse_change()",
    "for one column only": "CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OF hash OR DELETE ON audit_leaf FOR EACH ROW"
    " EXECUTE FUNCTION audit_refuse_change()",
    "for deletes only": "CREATE OR REPLACE TRIGGER refuse_change BEFORE DELETE ON audit_leaf FOR EACH ROW"
    " EXECUTE FUNCTION audit_refuse_change()",
}
LOG = "unnest(ARRAY['audit_event', 'audit_leaf', 'audit_node', 'audit_checkpoint', 'audit_cluster_epoch']::regclass[])"
MISSING = f"SELECT DISTINCT guard FROM {LOG} AS relation, audit_missing_guards(relation) AS missing (at, guard)"


@pytest.mark.parametrize("change", GUARDS.values(), ids=GUARDS.keys())
def test_a_guard_that_was_taken_off_is_missed(change: str, scene: Scene) -> None:
    assert rows(MISSING) == []
    assert refusal(WEB, change) == DENIED
    for role in (OWNER, SUPERUSER):
        with undone():
            act(role, change)
            assert len(rows(MISSING)) >= 1


LYING = """
CREATE OR REPLACE FUNCTION audit_record(event jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE new_id uuid := gen_random_uuid(); BEGIN
    INSERT INTO audit_event SELECT new_id, {time}, 1, 77, 'somebody_else', schema_version, type, outcome, actor_type, 'liar',
           person_id, credential_id, on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id,
           transaction_id, occurred_at, reason, diff, metadata, status_text FROM audit_event LIMIT 1;
    RETURN new_id;
END $$
"""
CALL = "SELECT audit_record('{}')"


def test_a_lying_function_cannot_lie_about_time_transaction_and_user(scene: Scene) -> None:
    assert refusal(WEB, LYING.format(time="clock_timestamp()")) == DENIED
    with undone():
        act(OWNER, LYING.format(time="clock_timestamp()"))
        act(WEB, CALL)
        assert rows(
            "SELECT txid = pg_current_xact_id()::text::bigint, cluster_epoch, db_user FROM audit_event WHERE actor_id = 'liar'"
        ) == [(True, 1, WEB)]
    with undone():
        act(OWNER, LYING.format(time="now() - interval '1 day'"))
        assert refusal(WEB, CALL) == "23514"


STAMPS = "CREATE OR REPLACE FUNCTION audit_stamp_event() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"


def test_a_lying_stamp_is_given_away_by_the_order_of_the_seals(scene: Scene, tmp_path: Path) -> None:
    """With the stamp gone an event may claim another transaction, but then it is sealed out of order, too late, or never."""
    assert refusal(WEB, STAMPS) == DENIED
    with living_on(scene.today, scene.state, tmp_path / "state") as mine:
        act(OWNER, STAMPS, LYING.format(time="clock_timestamp()"))
        act(WEB, CALL)
        mine.round()
        assert rows("SELECT db_user FROM audit_event WHERE actor_id = 'liar'") == [("somebody_else",)]
        assert offline(tmp_path / "export", [scene.anchors]).events == 292


def test_rows_hidden_from_whoever_exports(scene: Scene, tmp_path: Path) -> None:
    hide = (
        "ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE audit_event FORCE ROW LEVEL SECURITY",
        "CREATE POLICY hide ON audit_event USING (actor_id <> 'maker')",
    )
    assert refusal(WEB, *hide) == DENIED
    with undone():
        act(OWNER, *hide)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE countersign_sealer")
        export.write(tmp_path / "export", export.extent(), [KEY.public()])
        assert {"root", "cut"} <= kinds(verdict(tmp_path / "export", [scene.anchors]))


def test_no_setting_of_a_session_changes_what_is_exported(scene: Scene, tmp_path: Path) -> None:
    """Whoever may set the defaults of a role could otherwise have an honest log accused."""
    settings = {
        "DateStyle": "German",
        "TimeZone": "Asia/Kathmandu",
        "IntervalStyle": "sql_standard",
        "bytea_output": "escape",
        "extra_float_digits": "-15",
        "client_encoding": "LATIN1",
        "standard_conforming_strings": "off",
        "escape_string_warning": "off",
        "xmlbinary": "hex",
        "quote_all_identifiers": "on",
    }
    with undone():
        offline(tmp_path / "before")
        for name, value in settings.items():
            rows(f"SET LOCAL {name} = '{value}'")
        assert offline(tmp_path / "after", [scene.anchors]).findings == []
    before, after = ((tmp_path / name / "events.tsv").read_bytes() for name in ("before", "after"))
    assert before == after


TRICKY = [
    "",
    " ",
    "\\",
    "\\N",
    "\\t",
    "\t",
    "\\\\",
    "\\\t",
    "\n",
    "\\n",
    "\r",
    "\r\n",
    "\b",
    "\v",
    "\f",
    "\\.",
    "ü",
    "u\u0308",
    "\u2028",
    "\x7f",
]


def test_no_two_events_make_the_same_leaf(scene: Scene) -> None:
    """Else one could be put in the place of another under the same seal. Every pair of texts gives one line of two columns."""
    query = (
        "SELECT first, second FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS a (first, m),"
        " unnest(%(texts)s::text[]) WITH ORDINALITY AS b (second, n) ORDER BY m, n"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        fix_format(cursor)
        lines = list(copy_rows(cursor, query, {"texts": TRICKY}))
    assert len(set(lines)) == len(lines) == len(TRICKY) ** 2
    assert {line.count(b"\t") for line in lines} == {1}
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_reading_the_log_changes_nothing(scene: Scene, tmp_path: Path) -> None:
    before = contents()
    offline(tmp_path / "export")
    assert contents() == before
