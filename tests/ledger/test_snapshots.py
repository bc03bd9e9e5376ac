"""Snapshots: the same question has the same bytes for ever, also while others post; changed books are found out."""

import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEvent
from ledger.commands import close_period, snapshot_closed_months, snapshot_month, take_snapshot
from ledger.errors import MomentNotOver, PeriodNotClosed, SnapshotDiffers, UnknownAccount
from ledger.exports.content import statement_content
from ledger.queries import TimeBasis, statement
from ledger.queries.snapshots import UnknownSnapshot, snapshot_bytes, snapshots, verify_snapshot
from ledger.snapshots.asked import BadQuestion, SnapshotKind
from tests.ledger.house import ACME, HOT, deposit
from tests.ledger.past import rebook

pytestmark = pytest.mark.usefixtures("house")
JUNE, JULY = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
TRIAL, BALANCES, STATEMENT = SnapshotKind.TRIAL_BALANCE, SnapshotKind.BALANCES, SnapshotKind.STATEMENT


@pytest.fixture(autouse=True)
def _june(house: None) -> None:
    deposit("deposit-1", ACME, 1_000, value_at=JUNE, settled_at=JUNE)
    deposit("deposit-2", ACME, 500, value_at=JULY - timedelta(days=1))
    rebook({"deposit-1": JUNE, "deposit-2": JULY + timedelta(days=1)})


def _run(*arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("snapshot", *map(str, arguments), stdout=out, stderr=out)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_bytes_are_canonical_and_have_their_hash_and_event() -> None:
    taken = take_snapshot(kind=TRIAL, at=JULY)
    content = snapshot_bytes(taken.id)
    assert hashlib.sha256(content).hexdigest() == taken.sha256
    told = json.loads(content)
    assert (told["format"], told["at"], told["basis"]) == (
        "countersign-trial-balance/1",
        "2026-07-01T00:00:00.000000Z",
        "booked_at",
    )
    assert [(asset["asset"], asset["debits"], asset["credits"]) for asset in told["assets"]] == [("USDC.ethereum", "1000", "1000")]
    event = AuditEvent.objects.get(type="ledger.snapshot_taken")
    assert (event.resource_id, event.metadata["sha256"]) == (str(taken.id), taken.sha256)


def test_the_same_question_again_gives_the_first_answer() -> None:
    first = take_snapshot(kind=BALANCES, at=JULY, parameters={"owner": "client:acme"})
    deposit("deposit-3", ACME, 7, value_at=JUNE)
    assert take_snapshot(kind=BALANCES, at=JULY, parameters={"owner": "client:acme"}) == first
    assert [found.id for found in snapshots()] == [first.id]
    assert AuditEvent.objects.filter(type="ledger.snapshot_taken").count() == 1
    assert verify_snapshot(first.id).holds is True


def test_by_value_time_it_says_up_to_which_booking_it_knew() -> None:
    known = JULY + timedelta(hours=1)
    early = take_snapshot(kind=BALANCES, at=JULY, by=TimeBasis.VALUE, known_at=known)
    late = take_snapshot(kind=BALANCES, at=JULY, by=TimeBasis.VALUE)
    posted = [json.loads(snapshot_bytes(taken.id))["accounts"][0]["posted"] for taken in (early, late)]
    assert posted == ["1000", "1500"]
    settled = take_snapshot(kind=BALANCES, at=JULY, by=TimeBasis.SETTLED)
    assert json.loads(snapshot_bytes(settled.id))["accounts"][0]["posted"] == "1000"


def test_a_statement_keeps_the_bytes_that_its_files_name() -> None:
    asked = {"account": ACME, "since": "2026-06-01T00:00:00Z"}
    taken = take_snapshot(kind=STATEMENT, at=JULY, parameters=asked)
    assert taken.sha256 == statement_content(statement(ACME, since=JUNE, until=JULY)).sha256
    with pytest.raises(UnknownAccount):
        take_snapshot(kind=STATEMENT, at=JULY, parameters=asked | {"account": "nobody"})


def test_books_changed_behind_it_are_an_error_that_says_so() -> None:
    taken = take_snapshot(kind=TRIAL, at=JULY)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE ledger_entry DISABLE TRIGGER refuse_change; UPDATE ledger_entry SET debit = 1001 WHERE debit = 1000"
        )
    for _ in range(2):
        with pytest.raises(SnapshotDiffers, match="changed behind it"):
            take_snapshot(kind=TRIAL, at=JULY)
    # Told once, however often it is asked.
    refused = AuditEvent.objects.get(type="ledger.snapshot_differs")
    assert (refused.outcome, refused.resource_id, refused.metadata["kept"]) == ("refused", str(taken.id), taken.sha256)
    assert verify_snapshot(taken.id).holds is False
    assert _run("verify")[0] == 1
    assert [found.sha256 for found in snapshots()] == [taken.sha256]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE ledger_snapshot SET content = '{}', sha256 = sha256('{}')",
        "DELETE FROM ledger_snapshot",
        "TRUNCATE ledger_snapshot",
        "INSERT INTO ledger_snapshot (kind, basis, at, known_at, parameters, content, sha256, taken_by)"
        " VALUES ('balances', 'booked_at', '2026-01-01', '2026-01-01', '{}', '{}', sha256('x'), 'me')",
    ],
)
def test_what_was_kept_stays(attack: str) -> None:
    taken = take_snapshot(kind=TRIAL, at=JULY)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert snapshots() == [taken]


def test_questions_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(MomentNotOver), transaction.atomic():
        take_snapshot(kind=TRIAL, at=datetime.now(UTC) + timedelta(hours=1))
    wrongs: list[dict[str, Any]] = [
        {"kind": TRIAL, "at": JULY, "known_at": JUNE},
        {"kind": TRIAL, "at": JULY, "parameters": {"owner": "x"}},
        {"kind": STATEMENT, "at": JULY},
        {"kind": STATEMENT, "at": JULY, "parameters": {"account": HOT, "since": "2026-07-02T00:00:00Z"}},
        {"kind": STATEMENT, "at": JULY, "parameters": {"account": HOT, "since": "June"}},
    ]
    for wrong in wrongs:
        with pytest.raises(BadQuestion):
            take_snapshot(**wrong)
    assert snapshots() == []


def test_a_closed_month_leaves_its_trial_balances() -> None:
    with pytest.raises(PeriodNotClosed):
        snapshot_month(month=date(2026, 6, 1))
    close_period(month=date(2026, 6, 1), reason="month end")
    assert snapshot_closed_months() == [date(2026, 6, 1)]
    assert snapshot_closed_months() == []
    booked, valued = snapshot_month(month=date(2026, 6, 15))
    assert [json.loads(snapshot_bytes(taken.id))["assets"][0]["debits"] for taken in (booked, valued)] == ["1000", "1500"]
    assert {found.id for found in snapshots(kind=TRIAL)} == {booked.id, valued.id}
    assert snapshots(before=booked.id) == []


def test_the_command_takes_lists_verifies_and_writes_out(tmp_path: Path) -> None:
    code, said = _run("take", "balances", "--at", "2026-07-01T00:00:00Z", "--owner", "client:acme")
    (taken,) = snapshots()
    assert (code, said.split()[0]) == (0, str(taken.id))
    assert _run("list") == (0, said)
    assert _run("verify", taken.id) == (0, f"{taken.id} holds: the books say the same bytes\n")
    assert _run("get", taken.id, tmp_path / taken.file_name)[0] == 0
    assert (tmp_path / taken.file_name).read_bytes() == snapshot_bytes(taken.id)
    with pytest.raises(CommandError):
        _run("month", "2026-05")
    with pytest.raises(CommandError, match="there is no snapshot"):
        _run("verify", "01900000-0000-7000-8000-000000000000")
    with pytest.raises(UnknownSnapshot):
        snapshot_bytes(UUID(int=0))
