"""Rows outlive the months of the trail that tell of them. While such a month is archived, and when it is dropped, each lie about a
row of that time is found still, and nothing honest is called a lie."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from audit import coverage
from audit.archive.commands import reattach_month
from audit.context import Actor, bind
from audit.inspection.complete import archive_is_told
from audit.inspection.findings import Report
from audit.inspection.leaves import behind, hashes
from tests.audit.log import House, leaves, rows
from tests.databases import committed_copy
from tests.ledger.house import ACME, SETTLEMENT, USDC
from tests.ledger.lies import lie
from tests.ledger.long_ago import MARCH, archive, drop, some_time_ago
from tests.ledger.told import found

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(scope="module", params=["archived", "dropped"])
def past(request: Any, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[str]:
    """Whether March is archived or dropped, once for each, in a copy in which commits are real."""
    directory = tmp_path_factory.mktemp("past")
    with django_db_blocker.unblock(), committed_copy():
        with bind(Actor.system("pytest"), correlation_id="a test"):
            house = House(directory / "state")
            some_time_ago()
            archive(house, directory / "archive")
            if request.param == "dropped":
                drop(house)
        yield request.param


@pytest.fixture
def db(past: str, django_db_blocker: Any) -> Iterator[None]:
    """Each test undoes what it did. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def _trail() -> list[tuple[str, str]]:
    """What verify_audit finds of events, leaves and archive."""
    report = Report()
    for _ in hashes(report, leaves()):
        pass
    behind(report)
    archive_is_told(report)
    return [(finding.check, finding.subject) for finding in report.findings]


def test_what_is_honest_raises_no_alarm_before_and_after_the_month_comes_back(past: str) -> None:
    assert found(full=True) == found(full=False) == []
    assert [gap for gap in coverage.findings() if gap.table.startswith("ledger_")] == []
    assert _trail() == []
    told = "SELECT count(*) FROM archive.audit_event WHERE type = 'ledger.posted'"
    assert rows(told) == [(3 if past == "archived" else 0,)]
    with bind(Actor.system("pytest"), correlation_id="back"):
        reattach_month("audit_event", MARCH.date(), reason="asked for")
        assert found(full=True) == found(full=False) == []
        reattach_month("ledger_entry", MARCH.date(), reason="asked for")
    assert found(full=True) == found(full=False) == []
    assert [gap for gap in coverage.findings() if gap.table.startswith("ledger_")] == []
    assert rows("SELECT count(*) FROM archive.audit_event") == [(0,)]


_POSTING = "(SELECT id FROM ledger_ledgertransaction WHERE reference = 'march-1')"
LIES = {
    "an asset": (("UPDATE ledger_asset SET exponent = 2 WHERE id = 'USDC.ethereum'",), {("assets_match_events", USDC)}),
    "an invented asset": (
        ("INSERT INTO ledger_asset SELECT 'EUR', 'EUR', name, kind, exponent, network, '' FROM ledger_asset WHERE id = 'MXN'",),
        {("assets_match_events", "EUR")},
    ),
    "an owner": (
        (f"UPDATE ledger_account SET owner = 'client:globex' WHERE code = '{ACME}'",),
        {("accounts_match_events", ACME)},
    ),
    "a closed account": (
        (f"UPDATE ledger_account SET status = 'open', closed_at = NULL WHERE code = '{SETTLEMENT}'",),
        {("accounts_match_events", SETTLEMENT)},
    ),
    "a placed hold": (
        (
            "UPDATE ledger_hold SET amount = 900 WHERE reference = 'open'",
            f"UPDATE ledger_balance SET held = 900 WHERE account_id = (SELECT id FROM ledger_account WHERE code = '{ACME}')",
        ),
        {("holds_match_events", "open")},
    ),
    "a hold that ended later": (
        ("UPDATE ledger_hold SET amount = 60 WHERE reference = 'later'",),
        {("holds_match_events", "later")},
    ),
    "a hold that ended then": (
        ("UPDATE ledger_hold SET settled_amount = 80 WHERE reference = 'paid'",),
        {("holds_match_events", "paid")},
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_row_of_that_time_that_was_changed_is_found(name: str) -> None:
    statements, expected = LIES[name]
    lie(*statements, about=("ledger_asset", "ledger_account", "ledger_balance", "ledger_hold"))
    assert {(proof, subject) for proof, subject, _ in found(full=True)} == expected
    assert {(proof, subject) for proof, subject, _ in found(full=False)} >= expected - {("holds_match_events", "paid")}


POSTINGS = {
    "changed": "UPDATE ledger_ledgertransaction SET kind = 'gift' WHERE reference = 'march-1'",
    "taken away": "DELETE FROM ledger_ledgertransaction WHERE reference = 'march-1'",
    "invented": "INSERT INTO ledger_ledgertransaction SELECT (jsonb_populate_record(old, jsonb_build_object("
    "'id', audit_new_id(), 'reference', 'x'))).* FROM ledger_ledgertransaction AS old WHERE reference = 'march-1'",
    "moved into it": "UPDATE ledger_ledgertransaction SET booked_at = '2026-03-09 00:00+00' WHERE reference = 'today'",
    "moved before it": "UPDATE ledger_ledgertransaction SET booked_at = '2026-02-09 00:00+00' WHERE reference = 'march-2'",
}


@pytest.mark.parametrize("name", POSTINGS)
def test_a_posting_of_that_time_that_was_changed_is_found(name: str, past: str) -> None:
    lie(POSTINGS[name], about=("ledger_ledgertransaction",))
    proof = "postings_match_events" if past == "archived" else "postings_match_dropped_months"
    assert proof in {proof for proof, _, _ in found(full=True)}


def test_a_row_is_counted_beside_events_that_are_away() -> None:
    lie(LIES["an invented asset"][0][0], about=("ledger_asset",))
    assert [(gap.table, gap.key) for gap in coverage.findings() if gap.table == "ledger_asset"] == [("ledger_asset", "EUR")]


_OPENED = f"WHERE type = 'ledger.account_opened' AND resource_id = '{ACME}'"
FORGED = {
    "together with its event": (
        f"UPDATE ledger_account SET owner = 'client:globex' WHERE code = '{ACME}';"
        f'UPDATE archive.audit_event SET metadata = metadata || \'{{"owner": "client:globex"}}\' {_OPENED}',
        "events",
    ),
    "with an event of its own": (
        "INSERT INTO {month} SELECT (jsonb_populate_record(old, jsonb_build_object('id', audit_new_id(), 'resource_id', 'x'))).*"
        f" FROM archive.audit_event AS old {_OPENED}",
        "unsealed",
    ),
    "by taking its event away": (f"DELETE FROM archive.audit_event {_OPENED}", "events or archive"),
    "by hiding its month": ("ALTER TABLE {month} NO INHERIT archive.audit_event", "archive"),
}


@pytest.mark.parametrize("name", FORGED)
def test_events_that_are_away_are_forged_no_more_than_others(name: str, past: str) -> None:
    month = f"archive.audit_event_y2026m03{'_kept' if past == 'dropped' else ''}"
    statements, expected = FORGED[name]
    for statement in statements.replace("{month}", month).split(";"):
        rows(f"ALTER TABLE {month} DISABLE TRIGGER USER")
        if statement.startswith("ALTER"):
            rows(statement)
        else:
            lie(statement, about=("archive.audit_event", "ledger_account"))
    checks = {check for check, _ in _trail()}
    assert checks & set(expected.split(" or "))
