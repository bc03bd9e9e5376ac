"""Accounts, assets, months and checkpoints against the audit trail: each lie about one is found by the proof made for it."""

import pytest

from tests.ledger.house import ACME, USDC
from tests.ledger.lies import lie
from tests.ledger.told import books, db, found

__all__ = ["books", "db"]
_CHART = ("ledger_account", "ledger_balance", "ledger_asset", "ledger_period")

pytestmark = pytest.mark.usefixtures("db")


CHART = {
    "opened by SQL": (
        "INSERT INTO ledger_account SELECT (jsonb_populate_record(old, jsonb_build_object('id', audit_new_id(), 'code', 'x'))).*"
        " FROM ledger_account AS old WHERE code = 'wallet:after';"
        "INSERT INTO ledger_balance SELECT id, 0, 0, 0, 0, 0, 0 FROM ledger_account WHERE code = 'x'",
        ("accounts_match_events", "x", "the audit trail does not tell that it was opened"),
    ),
    "reopened": (
        "UPDATE ledger_account SET status = 'open', closed_at = NULL WHERE code = 'wallet:after'",
        ("accounts_match_events", "wallet:after", "it is open, and the audit trail tells 1 times that it was closed"),
    ),
    "another owner": (
        f"UPDATE ledger_account SET owner = 'client:x' WHERE code = '{ACME}'",
        ("accounts_match_events", ACME, "it was opened as something else, the audit trail tells"),
    ),
    "guarded": (
        "UPDATE ledger_account SET guarded = true WHERE code = 'wallet:after'",
        ("accounts_match_events", "wallet:after", "it is guarded, the audit trail tells that it only collects"),
    ),
    "another exponent": (
        "UPDATE ledger_asset SET exponent = 2 WHERE id = 'USDC.ethereum'",
        ("assets_match_events", USDC, "it was registered as something else, the audit trail tells"),
    ),
    "an asset by SQL": (
        "INSERT INTO ledger_asset SELECT 'EUR', 'EUR', name, kind, exponent, network, '' FROM ledger_asset WHERE id = 'MXN'",
        ("assets_match_events", "EUR", "the audit trail does not tell that it was registered"),
    ),
    "a month closed by SQL": (
        "INSERT INTO ledger_period (month, status, closed_at, closed_by, reason, record)"
        " VALUES ('2026-01-01', 'closed', now(), 'x', 'x', '{}')",
        ("periods_match_events", "2026-01", "it is closed, and the audit trail does not tell"),
    ),
}


@pytest.mark.parametrize("name", CHART)
def test_a_chart_that_was_changed_isfound(name: str) -> None:
    statements, expected = CHART[name]
    lie(*statements.split(";"), about=_CHART)
    assert expected in found(full=False)
    assert {finding[0] for finding in found(full=True)} == {expected[0]}


FORGED = {
    "its number": "UPDATE ledger_proof_checkpoint SET number = 7",
    "its horizon": "UPDATE ledger_proof_checkpoint SET as_of_txid = as_of_txid + 1",
    "its sums": "UPDATE ledger_proof_sum SET debits = debits + 1, credits = credits + 1",
    "its sums and its digest": "UPDATE ledger_proof_sum SET debits = debits + 1, credits = credits + 1;"
    "UPDATE ledger_proof_checkpoint SET digest = ledger_proved_digest(number)",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_checkpoint_that_was_forged_is_found_by_the_next_run(name: str) -> None:
    lie(*FORGED[name].split(";"), about=("ledger_proof_checkpoint", "ledger_proof_sum"))
    assert "checkpoints_match_events" in {finding[0] for finding in found(full=False)}


def test_a_checkpoint_forged_together_with_its_event_is_found_by_a_full_proof() -> None:
    lie(
        "UPDATE ledger_proof_sum SET debits = debits + 1, credits = credits + 1",
        "UPDATE ledger_balance SET debits = debits + 1, credits = credits + 1 WHERE version > 0",
        "UPDATE ledger_proof_checkpoint SET digest = ledger_proved_digest(number)",
        "UPDATE audit_event SET metadata = metadata || jsonb_build_object('digest', encode(("
        "SELECT digest FROM ledger_proof_checkpoint), 'hex')) WHERE type = 'ledger.proved'",
        about=("ledger_proof_checkpoint", "ledger_proof_sum", "audit_event", "ledger_balance"),
    )
    assert {finding[0] for finding in found(full=True)} >= {"checkpoints_match_entries", "projection_matches_entries"}
