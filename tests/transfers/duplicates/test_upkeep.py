"""What runs by itself all day, said again and in any order: health checks, readings, proofs, alerts, partitions; and what clients
ask of the API besides payments."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from backoffice.alerts.tasks import check, prove
from backoffice.health.tasks import keep_house, sign_for_beat
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import open_account
from reconciliation.commands.closing import close_proved_transfers
from reconciliation.tasks import read_balances_task
from tests.transfers.api.conftest import Caller, key_for
from tests.transfers.duplicates.shuffling import SEEDS, booked, covers, drive_all, nothing_is_broken, shuffled, the_api_inside
from tests.transfers.incoming import fake_chain
from tests.transfers.tame import tame_outside
from tests.transfers.within import neighbours
from tests.transfers.world import FUNDS, UNIT, USDC, Books, World, available
from transfers import tasks
from transfers.api.views.quotes import Quotes
from transfers.api.views.webhooks import OneWebhook, Webhooks, WebhookSecretRotation
from transfers.commands.quotes import give_quote
from transfers.commands.synthetic import run_due
from transfers.commands.synthetic_setup import prepare
from transfers.models import SyntheticRun, Transfer, WebhookEndpoint
from transfers.outbox import endpoints
from transfers.outbox.switching import Why


@pytest.mark.parametrize("seed", SEEDS)
@covers(run_due, prepare, tasks.check_health)
def test_health_checks(world: World, settings: Any, seed: int) -> None:
    settings.SYNTHETIC_TRANSFERS, settings.SYNTHETIC_EVERY = {"internal_transfer": "1.00"}, 600.0
    neighbours()
    funding = chart.house_account_code("funding", USDC)
    open_account(code=funding, name=funding, kind=AccountKind.HOUSE_FUNDING, asset_id=USDC)
    with fake_chain():
        for _ in range(2):
            prepare(asset_id=USDC, amount=50 * UNIT)
        shuffled(seed, [run_due, tasks.check_health, drive_all, close_proved_transfers])
    assert [run.result for run in SyntheticRun.objects.all()] == ["passed"]
    assert [one.status for one in Transfer.objects.all()] == ["RECONCILED"]
    assert booked()["internal_transfer"] == 1
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS[:1])
@covers(check, prove, keep_house, sign_for_beat, read_balances_task)
def test_what_looks_and_tidies_moves_no_money(world: World, seed: int) -> None:
    with tame_outside() as tame:
        world.order("100.00")
        drive_all()
        before = Books.now()
        shuffled(seed, [check, prove, keep_house, sign_for_beat, read_balances_task])
        after = Books.now()
        assert set(tame.handed_over().values()) == {1}
    kept = ("transfers", "events", "entries", "holds", "posted", "held")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    nothing_is_broken()


@pytest.mark.parametrize("seed", SEEDS)
@covers(
    Webhooks.post,
    OneWebhook.delete,
    WebhookSecretRotation.post,
    Quotes.post,
    give_quote,
    endpoints.add,
    endpoints.remove,
    endpoints.rotate_secret,
    endpoints.enable,
    endpoints.disable,
)
def test_addresses_and_quotes(world: World, settings: Any, seed: int) -> None:
    settings.WEBHOOK_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    api = Caller(key_for(world))
    url = "https://hooks.example.com/in"

    def add() -> None:
        api.send("POST", "/v1/webhooks", {"url": url, "events": ["*"]})

    def each(method: str, path: str = "") -> None:
        for endpoint in WebhookEndpoint.objects.all():
            api.send(method, f"/v1/webhooks/{endpoint.pk}{path}")

    def switch() -> None:
        for endpoint in WebhookEndpoint.objects.filter(deleted_at=None):
            named: Any = {"endpoint_id": endpoint.pk, "client_id": "acme", "reason": "again"}
            endpoints.disable(why=Why.OPERATOR, **named)
            endpoints.enable(**named)

    def ask() -> None:
        body = {"source_currency": "USDC", "target_currency": "MXN", "amount": "200.00"}
        assert api.send("POST", "/v1/quotes", body).status_code == 201

    with tame_outside() as tame, the_api_inside():
        shuffled(seed, [add, lambda: each("POST", "/rotate_secret"), switch, ask, add])
        assert WebhookEndpoint.objects.get().url == url
        shuffled(seed, [lambda: each("DELETE"), ask])
        assert not tame.handed_over()
    assert not WebhookEndpoint.objects.filter(deleted_at=None).exists()
    assert (Transfer.objects.count(), booked(), available()) == (0, {}, FUNDS)
