"""The database roles: they read the books and write them only through the functions."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import ProgrammingError, connection, transaction

from ledger.commands import PlaceHold, advance_checkpoints, apply_holds
from tests.ledger.house import ACME, deposit, figures

pytestmark = pytest.mark.usefixtures("house")
Role = Callable[[str], AbstractContextManager[None]]


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker"])
def test_web_and_worker_post_and_read(role: str, database_role: Role) -> None:
    with database_role(role):
        deposit("deposit-1", ACME, 100)
        apply_holds(PlaceHold("hold-1", ACME, 40))
        assert figures(ACME) == (100, 40, 60)


def test_only_the_worker_moves_checkpoints(database_role: Role) -> None:
    with database_role("countersign_worker"):
        assert advance_checkpoints() == 0
    with database_role("countersign_web"), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        advance_checkpoints()


@pytest.mark.parametrize("role", ["countersign_web", "countersign_worker", "countersign_sealer", "countersign_signer"])
@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE ledger_balance SET held = 0",
        "INSERT INTO ledger_balance SELECT * FROM ledger_balance",
        "UPDATE ledger_account SET floor = -1000000",
        "UPDATE ledger_hold SET status = 'released', ended_at = now()",
        "INSERT INTO ledger_entry SELECT * FROM ledger_entry",
        "INSERT INTO ledger_period (month, status, closed_by, reason) VALUES ('2026-01-01', 'closed', '', '')",
        "SELECT ledger_lock_balances('{}')",
        "SELECT ledger_move_balances(NULL)",
    ],
)
def test_no_role_writes_a_table_or_calls_the_inner_functions(role: str, attack: str, database_role: Role) -> None:
    with (
        database_role(role),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)


def test_the_signer_does_not_even_read(database_role: Role) -> None:
    with database_role("countersign_signer"), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        figures(ACME)
