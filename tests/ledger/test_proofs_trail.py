"""The books against the audit trail: honest business agrees, and whatever one of the two alone says is found, by the proof made for
it and no other."""

import pytest

from audit.commands import record
from audit.context import Actor, bind
from ledger.gateway import call
from tests.ledger.house import ACME, FEES, HOT
from tests.ledger.lies import lie
from tests.ledger.told import books, db, found

__all__ = ["books", "db"]
_EVENT = ("audit_event",)
_BOOK = ("ledger_entry", "ledger_ledgertransaction", "ledger_balance", "ledger_hold")

pytestmark = pytest.mark.usefixtures("db")


def test_honest_business_agrees_from_the_start_and_from_the_checkpoint() -> None:
    assert found(full=True) == []
    assert found(full=False) == []


POSTINGS = {
    "another reference": (
        "UPDATE ledger_ledgertransaction SET reference = 'x{when}' WHERE reference = '{when}-fee'",
        "x{when}",
        "the audit trail tells otherwise: reference",
    ),
    "another time": (
        "UPDATE ledger_ledgertransaction SET settled_at = now() WHERE reference = '{when}-fee'",
        "{when}-fee",
        "the audit trail tells otherwise: settlement time",
    ),
    "other metadata": (
        "UPDATE ledger_ledgertransaction SET metadata = '{{}}', forced_kind = 'return' WHERE reference = '{when}-2'",
        "{when}-2",
        "the audit trail tells otherwise: forced kind, metadata",
    ),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", POSTINGS)
def test_a_posting_that_was_changed_isfound(name: str, when: str) -> None:
    statement, subject, message = POSTINGS[name]
    lie(statement.format(when=when), about=_BOOK)
    expected = [("postings_match_events", subject.format(when=when), message)]
    assert found(full=True) == expected
    assert found(full=False) == (expected if when == "after" else [])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_posting_whose_every_row_was_rewritten_is_found_by_the_trail_alone(when: str) -> None:
    """One who takes eleven instead of ten and corrects entries, running balances and projection leaves consistent books."""
    of_acme = f"account_id = (SELECT id FROM ledger_account WHERE code = '{ACME}')"
    of_fees = f"account_id = (SELECT id FROM ledger_account WHERE code = '{FEES}')"
    fee = f"transaction_id = (SELECT id FROM ledger_ledgertransaction WHERE reference = '{when}-fee')"
    version = f"(SELECT account_version FROM ledger_entry WHERE {of_acme} AND {fee})"
    lie(
        f"UPDATE ledger_entry SET balance_after = balance_after - 1 WHERE {of_acme} AND account_version >= {version}",
        f"UPDATE ledger_entry SET debit = 11 WHERE {of_acme} AND {fee}",
        f"UPDATE ledger_entry SET credit = 11 WHERE {of_fees} AND {fee}",
        f"UPDATE ledger_balance SET debits = debits + 1 WHERE {of_acme}",
        about=_BOOK,
    )
    told = ("postings_match_events", f"{when}-fee", "the audit trail tells otherwise: lines")
    if when == "after":
        assert found(full=True) == found(full=False) == [told]
        return
    # What was proved at the checkpoint gives an older lie away from there on, too.
    assert told in found(full=True)
    assert {finding[:2] for finding in found(full=True)} - {told[:2]} == {
        ("checkpoints_match_entries", ACME),
        ("checkpoints_match_entries", FEES),
    }
    assert {finding[:2] for finding in found(full=False)} == {
        ("projection_matches_entries", ACME),
        ("projection_matches_entries", FEES),
        ("running_balances_follow", ACME),
    }


def test_a_posting_that_was_invented_with_all_that_belongs_to_it_isfound() -> None:
    lie("DELETE FROM audit_event WHERE metadata->>'reference' = 'after-batch-1'", about=_EVENT)
    assert found(full=False) == [("postings_match_events", "after-batch-1", "it is booked, and the audit trail does not tell it")]


def test_a_posting_that_is_only_told_isfound() -> None:
    record(type="ledger.posted", resource_type="ledger_transaction", resource_id="nothing", metadata={"reference": "made up"})
    assert found(full=False) == [("postings_match_events", "made up", "the audit trail tells it, and it is not booked")]


def test_a_posting_that_is_told_twice_isfound() -> None:
    lie(
        "INSERT INTO audit_event SELECT (jsonb_populate_record(old, jsonb_build_object('id', audit_new_id()))).*"
        " FROM audit_event AS old WHERE metadata->>'reference' = 'after-1'",
        about=_EVENT,
    )
    assert found(full=False) == [("postings_match_events", "after-1", "the audit trail tells it 2 times")]


@pytest.mark.parametrize("facts", ["'{}'", '\'{"lines": 7, "value_at": "yesterday"}\'', "metadata - 'lines'"])
def test_an_event_that_was_garbled_is_found_and_breaks_no_proof(facts: str) -> None:
    lie(f"UPDATE audit_event SET metadata = {facts} WHERE metadata->>'reference' = 'after-1'", about=_EVENT)
    ((proof, subject, message),) = found(full=False)
    assert (proof, subject) == ("postings_match_events", "after-1")
    assert message.startswith("the audit trail tells otherwise: ")
    assert message.endswith("lines")


def test_what_was_spelled_otherwise_is_the_same() -> None:
    lines = [{"account": HOT, "debit": "0001000", "credit": "0"}, {"account": ACME, "debit": "0", "credit": "1000"}]
    with bind(Actor.system("pytest"), correlation_id="a test"):
        for reference, more in (("spelled", {"transaction_id": "0190B6E0-0000-7000-8000-00000000000A"}), ("unsaid", {})):
            about = {"kind": "x", "description": "", "value_at": "2026-11-20T12:00:00+02:00", "forced_kind": "", "metadata": {}}
            call("ledger_post", {"reference": reference, "lines": lines, **about, **more})
    assert found(full=True) == []


HOLDS = {
    "given back behind everybody's back": (
        "UPDATE ledger_hold SET status = 'released', ended_at = clock_timestamp() WHERE reference = '{when}-open';"
        "UPDATE ledger_balance SET held = held - 100 WHERE held > 0",
        "{when}-open",
        "it is released, and the audit trail tells 0 times that it ended",
    ),
    "settled for less": (
        "UPDATE ledger_hold SET settled_amount = 80 WHERE reference = '{when}-paid'",
        "{when}-paid",
        "it was settled with 80; the audit trail tells ledger.hold_settled with 90",
    ),
    "another end": (
        "UPDATE ledger_hold SET status = 'released' WHERE reference = '{when}-late'",
        "{when}-late",
        "it was released with nothing; the audit trail tells ledger.hold_expired with nothing",
    ),
    "deleted": (
        "DELETE FROM ledger_hold WHERE reference = '{when}-late'",
        "{when}-late",
        "the audit trail tells of it, and there is no such hold",
    ),
}


@pytest.mark.parametrize("name", HOLDS)
def test_a_hold_that_was_changed_isfound(name: str) -> None:
    statements, subject, message = HOLDS[name]
    lie(*statements.format(when="after").split(";"), about=_BOOK)
    expected = [("holds_match_events", subject.format(when="after"), message)]
    assert found(full=True) == found(full=False) == expected


def test_an_open_hold_is_looked_at_however_old_it_is() -> None:
    lie(
        "UPDATE ledger_hold SET amount = 120 WHERE reference = 'before-open'",
        "UPDATE ledger_balance SET held = held + 20 WHERE held > 0",
        about=_BOOK,
    )
    message = f"it is 120 on {ACME}; the audit trail tells 100 on {ACME}"
    assert found(full=False) == [("holds_match_events", "before-open", message)]
