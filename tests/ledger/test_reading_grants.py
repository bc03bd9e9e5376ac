"""The database roles: they read the books of any moment, the worker keeps snapshots; the archive is the owner's alone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from ledger.commands import carry_forward, take_snapshot
from ledger.queries import TimeBasis, balance_as_of, balances_as_of, postings_behind, revenue, statement_page
from ledger.queries.snapshots import verify_snapshot
from ledger.snapshots.asked import SnapshotKind
from tests.ledger.house import ACME, DAY, deposit

pytestmark = pytest.mark.usefixtures("house")
Role = Callable[[str], AbstractContextManager[None]]
MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker"])
def test_web_and_worker_read_any_moment(role: str, database_role: Role) -> None:
    deposit("deposit-1", ACME, 100)
    later = datetime.now(UTC) + timedelta(days=1)
    taken = take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=MAY)
    with database_role(role):
        for by in TimeBasis:
            assert balance_as_of(ACME, later, by).posted == (0 if by is TimeBasis.SETTLED else 100)
            assert len(balances_as_of(later, by)) > 5
            assert statement_page(ACME, since=DAY - timedelta(days=1), until=later, by=by).opening == 0
            assert revenue(since=DAY, until=later, by=by) == []
        assert postings_behind(since=DAY, until=later, where={}).rows == []
        assert verify_snapshot(taken.id).holds is True


def test_only_the_worker_keeps_snapshots(database_role: Role) -> None:
    with database_role("countersign_web"), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=MAY)
    with database_role("countersign_worker"):
        assert take_snapshot(kind=SnapshotKind.TRIAL_BALANCE, at=MAY).asked.at == MAY


def test_only_the_worker_carries_balances_forward(database_role: Role) -> None:
    with database_role("countersign_web"), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        carry_forward(until=MAY)
    with database_role("countersign_worker"):
        assert carry_forward(until=MAY) is True


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker", "countersign_sealer", "countersign_signer"])
@pytest.mark.parametrize(
    "attack",
    [
        "INSERT INTO ledger_snapshot (kind, basis, at, known_at, parameters, content, sha256, taken_by)"
        " VALUES ('balances', 'booked_at', '2026-01-01', '2026-01-01', '{}', '{}', sha256('{}'), 'me')",
        "INSERT INTO ledger_carry (until, accounts, entries, previous_hash, hash) VALUES ('2026-01-01', 0, 0, '', sha256(''))",
        "INSERT INTO audit_archive (source, month, action, rows, sha256, file, done_by)"
        " VALUES ('ledger_entry', '2026-01-01', 'archived', 0, sha256(''), '', 'me')",
        "SELECT audit_detach_month('ledger_entry', '2026-11-01')",
        "SELECT audit_note_archive('{}')",
        "CREATE TABLE archive.mine (id integer)",
        "SELECT ledger_archive_blockers('2026-01-01')",
    ],
)
def test_no_role_writes_what_is_kept_or_touches_the_archive(role: str, attack: str, database_role: Role) -> None:
    with (
        database_role(role),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)
