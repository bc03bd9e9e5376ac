"""Lies that leave the books consistent with themselves, hashes included: only what the sealed trail tells gives them away. Each is
found by the proof made for it, and guards that were put back afterwards change nothing about that."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit.inspection.complete import archive_is_told
from audit.inspection.findings import Report
from ledger.queries.snapshots import snapshots, verify_snapshot
from tests.ledger.house import ACME
from tests.ledger.lies import lie
from tests.ledger.told import found
from tests.ledger.whole import db, whole

__all__ = ["db", "whole"]
pytestmark = pytest.mark.usefixtures("db")

_OF_ACME = f"account_id = (SELECT id FROM ledger_account WHERE code = '{ACME}')"
_FIRST = "(SELECT min(until) FROM ledger_carry)"
_CARRIES = ("ledger_carry", "ledger_carry_balance")


def _proofs(*, full: bool) -> set[str]:
    return {proof for proof, _, _ in found(full=full)}


def test_a_balance_of_the_past_that_was_carried_anew_with_every_hash_is_found() -> None:
    """balance_as_of() would answer a million more; the chain of hashes is whole, for the ledger's own function made it."""
    lie(
        f"UPDATE ledger_carry_balance SET credits = credits + 1000000 WHERE until = {_FIRST} AND {_OF_ACME}",
        f"UPDATE ledger_carry SET hash = ledger_carry_hash(until, previous_hash) WHERE until = {_FIRST}",
        f"UPDATE ledger_carry SET previous_hash = (SELECT hash FROM ledger_carry WHERE until = {_FIRST}) WHERE until > {_FIRST}",
        "UPDATE ledger_carry SET hash = ledger_carry_hash(until, previous_hash) WHERE previous_hash <> ''",
        about=_CARRIES,
    )
    assert _proofs(full=True) == {"carried_balances_add_up", "carries_match_events"}
    assert _proofs(full=False) == {"carries_match_events"}


@pytest.mark.parametrize("column", ["debits", "settled_credits", "entries", "last_value_at", "last_settled_at"])
def test_each_figure_of_an_earlier_point_is_what_the_entries_say(column: str) -> None:
    more = "interval '1 second'" if column.endswith("_at") else "1"
    lie(
        f"UPDATE ledger_carry_balance SET {column} = {column} - {more} WHERE until = {_FIRST} AND {_OF_ACME}",
        about=_CARRIES,
    )
    assert {"carried_balances_add_up", "carried_hashes_follow"} <= _proofs(full=True)


def test_a_carried_line_that_was_taken_away_is_found() -> None:
    lie(f"DELETE FROM ledger_carry_balance WHERE until = {_FIRST} AND {_OF_ACME}", about=_CARRIES)
    assert {"carried_balances_add_up", "carried_hashes_follow"} <= _proofs(full=True)


def test_a_snapshot_that_was_replaced_with_its_hash_is_found() -> None:
    lie("UPDATE ledger_snapshot SET content = 'lie', sha256 = sha256('lie')", about=("ledger_snapshot",))
    assert _proofs(full=False) == _proofs(full=True) == {"snapshots_match_events"}
    (kept,) = snapshots()
    verdict = verify_snapshot(kept.id)
    assert verdict.holds is False
    assert "it was replaced" in verdict.message


def test_a_snapshot_that_nobody_took_is_found() -> None:
    lie(
        "INSERT INTO ledger_snapshot SELECT (jsonb_populate_record(old, jsonb_build_object('id', audit_new_id(), 'kind',"
        " 'balances'))).* FROM ledger_snapshot AS old",
        about=("ledger_snapshot",),
    )
    assert [(proof, message) for proof, _, message in found(full=True)] == [
        ("snapshots_match_events", "the audit trail does not tell that it was taken")
    ]


_BOOK = ("ledger_ledgertransaction", "ledger_entry")
_POSTING = "(SELECT id FROM ledger_ledgertransaction WHERE reference = '{0}')"


def _rebook(reference: str, by: str) -> None:
    lie(
        f"UPDATE ledger_entry SET booked_at = booked_at - interval '{by}' WHERE transaction_id = {_POSTING.format(reference)}",
        f"UPDATE ledger_ledgertransaction SET booked_at = booked_at - interval '{by}' WHERE reference = '{reference}'",
        about=_BOOK,
    )


@pytest.mark.parametrize("reference", ["after-1", "after-batch-1"])
def test_a_posting_that_was_booked_at_another_time_is_found_to_the_microsecond(reference: str) -> None:
    _rebook(reference, "1 microsecond")
    expected = [("postings_match_events", reference, "the audit trail tells otherwise: booking time")]
    assert found(full=True) == found(full=False) == expected


def _events_of_before() -> None:
    """As if the events had been written before they told times."""
    lie(
        "UPDATE audit_event SET metadata = metadata - ARRAY['booked_at', 'placed_at', 'ended_at', 'opened_at', 'closed_at',"
        " 'made_at', 'taken_at', 'taken_by'], diff = diff - ARRAY['closed_at', 'closed_by']",
        about=("audit_event",),
    )


def test_what_was_told_before_events_told_times_agrees_and_is_held_to_the_time_of_its_event() -> None:
    _events_of_before()
    assert found(full=True) == []
    _rebook("after-1", "1 minute")
    lie("UPDATE ledger_hold SET placed_at = placed_at - interval '1 day' WHERE reference = 'after-open'", about=("ledger_hold",))
    opened = "UPDATE ledger_account SET opened_at = opened_at - interval '1 day' WHERE code = 'wallet:after'"
    lie(opened, about=("ledger_account",))
    assert _proofs(full=False) == {"postings_match_events", "holds_match_events", "accounts_match_events"}


def test_a_checkpoint_that_would_swallow_what_is_yet_to_come_is_found() -> None:
    lie("UPDATE ledger_balance SET as_of_txid = 1000000000000, as_of_epoch = 1000", about=("ledger_balance",))
    assert "checkpoints_lie_behind" in _proofs(full=False)


@pytest.mark.parametrize("when", ["clock_timestamp()", "now() - interval '1 month'", "now() + interval '2 months'"])
@pytest.mark.parametrize("action", ["archived", "dropped"])
def test_a_month_that_is_called_archived_hides_nothing(action: str, when: str) -> None:
    """One forged row in the archive used to switch the comparison of books and trail off."""
    lie(
        "INSERT INTO audit_archive (source, month, action, rows, sha256, file, done_at, done_by)"
        f" VALUES ('audit_event', date_trunc('month', now())::date, '{action}', 0, sha256(''), 'x', {when}, 'x')",
        about=("audit_archive",),
    )
    report = Report()
    archive_is_told(report)
    assert not report.holds
    assert "archive_matches_events" in _proofs(full=False)


def test_a_floor_that_was_lowered_is_found_and_no_statement_lowers_it() -> None:
    with pytest.raises(DatabaseError, match="keeps what it was opened as"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET floor = -1000000000")
    lie(f"UPDATE ledger_account SET floor = -1000000000 WHERE code = '{ACME}'", about=("ledger_account",))
    said = ("accounts_match_events", ACME, "its floor is -1000000000, and nothing ever gave it one")
    assert found(full=True) == found(full=False) == [said]
