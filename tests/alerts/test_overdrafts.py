"""A client below zero raises one alert, which ends by itself and says what became of the debt."""

import pytest
from django.test import Client

from audit import clock
from backoffice.alerts import checks
from backoffice.alerts.models import Alert
from backoffice.alerts.rules import overdrafts
from backoffice.console.runbooks import RUNBOOKS
from ledger.commands import Line, Posting, book_overdraft_receivable, post
from tests.alerts.looking import opened
from tests.transfers.world import ACCOUNT, World

pytestmark = pytest.mark.usefixtures("healthy")
WALLET = "wallet:hot-1:USDC.ethereum"
ALL = 1_000_000 * 10**6


def _chargeback(over: int) -> None:
    lines = (Line.debit(ACCOUNT, ALL + over), Line.credit(WALLET, ALL + over))
    post(Posting(reference="chargeback-1", kind="chargeback", value_at=clock.now(), lines=lines, forced_kind="chargeback"))


def test_a_client_below_zero_raises_one_alert_with_its_runbook(world: World) -> None:
    assert opened() == []
    _chargeback(2_500_000)
    assert opened() == [("client overdrawn", "client-overdrawn")]
    assert checks.look().opened == 0
    alert = Alert.objects.get()
    assert (alert.cause_key, alert.client_id, alert.severity) == (ACCOUNT, "acme", "warning")
    assert "2.50 USDC below zero" in alert.title
    assert "with posting chargeback-1 (chargeback)." in alert.detail
    assert alert.link == f"/ledger/accounts/{ACCOUNT}/"
    assert alert.runbook in RUNBOOKS


def test_a_deposit_ends_it(world: World) -> None:
    _chargeback(1)
    opened()
    post(
        Posting(reference="deposit-9", kind="deposit", value_at=clock.now(), lines=(Line.debit(WALLET, 5), Line.credit(ACCOUNT, 5)))
    )
    assert opened() == []
    assert Alert.objects.get().resolution == "The account is no longer below zero, and its owner owes nothing."


def test_a_receivable_ends_it_and_is_named(world: World) -> None:
    _chargeback(3_000_000)
    opened()
    book_overdraft_receivable(
        reference="claim-1", account_code=ACCOUNT, amount_minor=3_000_000, reason="acme pays on Friday", value_at=clock.now()
    )
    assert opened() == []
    expected = "The account is no longer below zero; 3.00 USDC is claimed on overdraft:client:acme:USDC.ethereum."
    assert Alert.objects.get().resolution == expected


def test_many_at_once_are_one_more_alert(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdrafts, "ALERTS_PER_RULE", 0)
    _chargeback(1)
    assert opened() == [("client overdrawn", "client-overdrawn")]
    assert Alert.objects.get().title == "1 more client accounts are below zero"


def test_its_runbook_opens(client: Client, cast) -> None:
    client.force_login(cast.auditor)
    assert client.get("/runbooks/client-overdrawn/").status_code == 200
