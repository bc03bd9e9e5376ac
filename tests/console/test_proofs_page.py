"""How the proofs stand: nothing old is green, what is broken says what was found, and client money stands in exact figures."""

from datetime import timedelta

import pytest
from django.db import connection

from approvals.models import Client
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from ledger.commands import Line, Posting, post
from ledger.commands.proofs import prove_books
from ledger.models import ProofRun
from ledger.proofs import registry
from ledger.proofs.registry import Proof, all_proofs
from tests.console.office import GLOBEX, operator_with, text_of
from tests.transfers.world import ACCOUNT, LONG_AGO, UNIT, USDC

pytestmark = pytest.mark.django_db
PAGE = "/ledger/proofs/"
WALLET = "wallet:hot-1:USDC.ethereum"


@pytest.fixture
def auditor(client, cast, books):
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def broken(monkeypatch):
    """A proof that finds Acme's account and another thing."""
    found = [(ACCOUNT, "is not as it should be"), ("<b>", "neither")]
    proof = Proof(name="test_proof", says="The test holds.", find=lambda _: found)
    monkeypatch.setitem(registry._proofs, "test_proof", proof)


def _prove():
    # What is still to be checked at the commit would keep the run from being kept.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    with context.bind(Actor.system("test")):
        return prove_books(full=True)


def _badges(response, *, daily=True):
    return {line.badge.text for line in response.context["page"].lines if daily or not line.is_thorough}


def test_before_the_first_run_everything_is_unknown(auditor):
    response = auditor.get(PAGE)
    page = text_of(response)
    assert _badges(response) == {"unknown"}
    assert "It is not known whether the books hold" in page
    assert "The proofs have never run." in page


def test_after_a_run_each_proof_says_what_it_proves_and_that_it_holds(auditor):
    _prove()
    response = auditor.get(PAGE)
    page = text_of(response)
    assert _badges(response) == {"holds"}
    assert f"<h1>All {len(all_proofs())} proofs hold</h1>" in page
    for proof in all_proofs():
        assert proof.says.replace("'", "&#x27;") in page
    assert "the first entry" in page
    assert "never run" not in page


def test_a_run_older_than_ten_minutes_proves_nothing(auditor, monkeypatch):
    _prove()
    for seconds, badges in ((600, {"holds"}), (601, {"unknown"})):
        monkeypatch.setattr("backoffice.console.ledger.proofs.seconds_since_last_run", lambda seconds=seconds: seconds)
        response = auditor.get(PAGE)
        assert _badges(response, daily=False) == badges
    page = text_of(response)
    assert "The last run ended more than ten minutes ago." in page
    assert "It is not known whether the books hold" in page


def test_a_proof_that_runs_once_a_day_is_known_for_a_day(auditor, monkeypatch):
    monkeypatch.setitem(registry._proofs, "daily", Proof(name="daily", says="Daily.", find=lambda _: [], thorough=True))
    run = _prove().run
    for age, badge in ((timedelta(hours=25), "holds"), (timedelta(hours=27), "unknown")):
        monkeypatch.setattr("audit.clock.now", lambda age=age: run.ended_at + age)
        (line,) = [line for line in auditor.get(PAGE).context["page"].lines if line.status.name == "daily"]
        assert (line.badge.text, line.is_thorough) == (badge, True)


def test_a_broken_proof_shows_what_was_found_and_stays_broken_when_old(auditor, broken, monkeypatch):
    _prove()
    page = text_of(auditor.get(PAGE))
    assert f"<h1>1 of {len(all_proofs())} proofs is broken</h1>" in page
    assert f"{ACCOUNT}</span>: is not as it should be" in page
    assert "&lt;b&gt;" in page
    monkeypatch.setattr("backoffice.console.ledger.proofs.seconds_since_last_run", lambda: 5000)
    assert "broken" in _badges(auditor.get(PAGE))


def test_findings_name_accounts_only_to_those_who_see_every_client(client, cast, books, broken):
    _prove()
    client.force_login(operator_with(cast, "treasury", Client.objects.get(pk="globex")))
    page = text_of(client.get(PAGE))
    assert "2 findings, shown to those who see every client" in page
    assert ACCOUNT not in page


def test_client_money_stands_against_what_is_held_to_the_last_unit(auditor):
    (row,) = [row for row in auditor.get(PAGE).context["page"].money if row.asset.id == USDC]
    assert (row.owed, row.covered_by, row.surplus, row.overdrawn) == (1_000_004 * UNIT, 1_000_007 * UNIT, 3 * UNIT, 0)
    page = text_of(auditor.get(PAGE))
    for words in ("1,000,004.00", "1,000,007.00", "3.00", "covered"):
        assert words in page, words


def test_money_that_is_missing_is_the_title_whatever_the_last_run_said(auditor):
    _prove()
    with context.bind(Actor.system("test")):
        lines = (Line.debit("expense:network-fee:ETH.ethereum", 1), Line.credit("gas:hot-1:ETH.ethereum", 1))
        post(Posting(reference="gas/1", kind="gas", value_at=LONG_AGO, lines=lines))
        lines = (Line.debit("position:USDC.ethereum/MXN:USDC.ethereum", 4 * UNIT), Line.credit(WALLET, 4 * UNIT))
        post(Posting(reference="lost/1", kind="loss", value_at=LONG_AGO, lines=lines))
    page = text_of(auditor.get(PAGE))
    assert "<h1>Client money is not covered in USDC.ethereum</h1>" in page
    assert "NOT covered" in page
    assert "-1.00" in page


def test_one_clients_debt_covers_nobody_else(auditor):
    with context.bind(Actor.system("test")):
        lines = (Line.debit(GLOBEX, 12 * UNIT), Line.credit(WALLET, 12 * UNIT))
        post(Posting(reference="back/1", kind="chargeback", value_at=LONG_AGO, lines=lines, forced_kind="chargeback"))
    response = auditor.get(PAGE)
    (row,) = [row for row in response.context["page"].money if row.asset.id == USDC]
    assert (row.owed, row.overdrawn) == (999_997 * UNIT, 5 * UNIT)
    assert "covers nobody else" in text_of(response)


def test_asking_for_a_run_asks_a_worker_and_is_recorded(auditor, monkeypatch):
    asked = []
    monkeypatch.setattr("backoffice.alerts.tasks.prove.apply_async", lambda **options: asked.append(options))
    response = auditor.post(f"{PAGE}run/", follow=True)
    assert asked == [{"retry": False, "expires": 60}]
    assert "A worker proves what was booked since the last checkpoint" in response.content.decode()
    assert AuditEvent.objects.get(type="console.proofs_asked_for").actor_id == "auditor"
    assert not ProofRun.objects.exists()


def test_a_broker_that_does_not_answer_is_said(auditor, monkeypatch):
    def refuse(**options):
        raise ConnectionRefusedError

    monkeypatch.setattr("backoffice.alerts.tasks.prove.apply_async", refuse)
    assert "The broker does not answer" in auditor.post(f"{PAGE}run/", follow=True).content.decode()


def test_who_may_not_ask_has_no_button_and_is_refused(client, cast, books):
    client.force_login(cast.checker)
    assert "Prove now" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}run/").status_code == 403
    assert not AuditEvent.objects.filter(type="console.proofs_asked_for").exists()
    client.force_login(cast.auditor)
    assert "Prove now" in client.get(PAGE).content.decode()
    assert client.get(f"{PAGE}run/").status_code == 405
