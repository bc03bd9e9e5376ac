"""Books that do not prove themselves wake somebody, one alert per proof, until they do again."""

import pytest
from django.db import connection
from django.test import Client

from audit import context
from audit.context import Actor
from backoffice.alerts import jobs
from backoffice.alerts.models import Alert
from backoffice.alerts.rules import proofs
from backoffice.console.runbooks import RUNBOOKS
from ledger.commands.proofs import prove_books
from ledger.models import ProofRun
from tests.alerts.looking import opened
from tests.transfers.world import ACCOUNT, World

pytestmark = pytest.mark.usefixtures("healthy")


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(statement)


def _last_run(minutes_ago: int) -> None:
    _sql(
        "ALTER TABLE ledger_proof_run DISABLE TRIGGER ALL;"
        f"UPDATE ledger_proof_run SET ended_at = clock_timestamp() - interval '{minutes_ago} minutes';"
        "ALTER TABLE ledger_proof_run ENABLE ALWAYS TRIGGER refuse_change;"
        "ALTER TABLE ledger_proof_run ENABLE ALWAYS TRIGGER refuse_truncate"
    )


def test_a_proof_that_breaks_opens_one_alert_and_ends_it_by_holding(world: World) -> None:
    prove_books()
    assert opened() == []
    _sql("UPDATE ledger_balance SET held = held + 5 WHERE credits > 0 AND held = 0 AND version = 1 AND credits > debits")
    prove_books()
    assert opened() == [("proof broken", "ledger-proof-broken")]
    prove_books()
    opened()
    alert = Alert.objects.get()
    assert (alert.cause_key, alert.severity) == ("holds_match_held", "critical")
    assert alert.title == "The books do not prove themselves: holds match held"
    assert alert.detail.startswith("It proves: What an account has on hold is the sum of its open holds. Found: ")
    assert ACCOUNT in alert.detail
    _sql("UPDATE ledger_balance SET held = held - 5 WHERE held = 5")
    prove_books()
    assert opened() == []
    assert Alert.objects.get().resolution.startswith("The proof held again at ")


def test_two_proofs_are_two_alerts(world: World) -> None:
    _sql("UPDATE ledger_balance SET held = held + 5, debits = debits + 1 WHERE version = 1 AND credits > debits AND held = 0")
    prove_books()
    assert len(opened()) == len(set(ProofRun.objects.order_by("-number")[0].broken)) > 1


def test_books_that_nobody_proved_for_ten_minutes_ring(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "looking_since_s", lambda: 3600.0)
    _last_run(9)
    assert opened() == []
    _last_run(10)
    assert opened() == [("proof late", "ledger-proof-late")]
    assert Alert.objects.get().title == "The books were not proved for 10 minutes"
    prove_books()
    assert opened() == []
    assert Alert.objects.get().resolution == "The books are proved again."


def test_right_after_a_cold_start_nobody_is_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _last_run(60)
    monkeypatch.setattr(proofs, "looking_since_s", lambda: 30.0)
    assert opened() == []


def test_the_sweep_proves_unless_another_has_just_done_it() -> None:
    with context.bind(Actor.system("sweeper")):
        jobs.prove()
        assert ProofRun.objects.count() == 1
        _last_run(1)
        jobs.prove()
        assert ProofRun.objects.count() == 2


@pytest.mark.parametrize(
    ("minutes_ago", "broken", "runs"), [(23 * 60, False, 0), (24 * 60, False, 1), (59, True, 0), (60, True, 1)]
)
def test_a_full_proof_runs_once_a_day_and_every_hour_while_broken(minutes_ago: int, broken: bool, runs: int, world: World) -> None:
    with context.bind(Actor.system("sweeper")):
        if broken:
            _sql("UPDATE ledger_balance SET held = held + 5 WHERE credits > debits AND version = 1")
        prove_books(full=True)
        before = ProofRun.objects.count()
        _last_run(minutes_ago)
        jobs.prove_in_full()
        assert ProofRun.objects.count() == before + runs


@pytest.mark.parametrize("slug", ["ledger-proof-broken", "ledger-proof-late"])
def test_its_runbook_opens(client: Client, cast, slug: str) -> None:
    client.force_login(cast.auditor)
    assert slug in RUNBOOKS
    assert client.get(f"/runbooks/{slug}/").status_code == 200
