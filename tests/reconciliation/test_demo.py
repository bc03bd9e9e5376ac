"""The demo company on the running sandbox: seeded once however often, and its books agree with what the outside shows."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from approvals.commands import authenticate_key
from audit import clock
from backoffice.access.models import Operator
from backoffice.sandbox.demo import company, oddities
from backoffice.sandbox.demo.seed import seed
from ledger.models import LedgerTransaction
from ledger.queries import balance, trial_balance
from reconciliation.commands.reconciling import reconcile
from reconciliation.models import Break, ExternalItem, Source
from tests.reconciliation import outside
from tests.transfers.stack import Stack
from transfers.models import BankAccount, Wallet
from transfers.synthetic import PARTIES

pytestmark = [pytest.mark.django_db, pytest.mark.stack]


@pytest.fixture
def demo(rails: Stack, bound: None, settings: Any, tmp_path: Path) -> dict[str, Any]:
    settings.CHAIN_RPC_URL, settings.CHAIN_ID = rails.rails.chain_rpc_url, rails.rails.chain_id
    settings.SIGNER_URL, settings.SIGNER_TOKEN = rails.rails.signer_url, rails.rails.signer_token
    settings.DEMO_PASSWORD = ""
    return seed(tmp_path)


def _counts() -> dict[str, int]:
    models = (Operator, LedgerTransaction, Source, Wallet, BankAccount)
    return {model.__name__: model.objects.count() for model in models}


def test_seeding_again_changes_nothing(demo: dict[str, Any], rails: Stack, tmp_path: Path) -> None:
    before, held = _counts(), rails.token_balance(rails.addresses["hot-1"])
    assert seed(tmp_path) == demo
    assert (_counts(), rails.token_balance(rails.addresses["hot-1"])) == (before, held)


def test_what_it_tells_is_true_and_for_its_owner_only(demo: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    assert json.loads(path.read_text(encoding="utf-8")) == demo
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name, password in demo["operators"].items():
        assert Operator.objects.get(username=name).check_password(password)
    for client, text in demo["api_keys"].items():
        key = authenticate_key(text, "127.0.0.1")
        assert key is not None
        assert key.client_id == client


def test_a_key_whose_text_was_lost_is_replaced(demo: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "demo.json").unlink()
    again = seed(tmp_path)
    for client, text in demo["api_keys"].items():
        assert authenticate_key(text, "127.0.0.1") is None
        assert authenticate_key(again["api_keys"][client], "127.0.0.1") is not None


def test_the_books_are_balanced_and_cover_what_clients_are_owed(demo: dict[str, Any]) -> None:
    assert all(row.debits == row.credits for row in trial_balance())
    owed = sum(balance(f"client:{client.id}:{company.USDC}").posted for client in company.CLIENTS)
    house = balance(f"house:funding:{company.USDC}").posted
    for_checks = sum(balance(f"client:{party}:{company.USDC}").posted for party in PARTIES)
    assert balance(f"wallet:hot-1:{company.USDC}").posted == owed + house + for_checks
    assert owed > 0


def test_nothing_is_to_explain_until_the_oddities_happen_and_then_two_things(
    demo: dict[str, Any], rails: Stack, tmp_path: Path
) -> None:
    Source.objects.filter(code="nordbank-mxn").update(last_sequence=outside.close_statement(rails))
    rails.mine(3)
    reconcile()
    assert not ExternalItem.objects.exists()
    marker = tmp_path / "oddities.txt"
    place = {"chain_url": rails.rails.chain_rpc_url, "bank_url": rails.rails.bank_url, "bank_token": rails.rails.bank_token}
    assert oddities.happen_once(demo, **place, marker=marker) is True
    assert oddities.happen_once(demo, **place, marker=marker) is False
    outside.close_statement(rails)
    outside.read_and_match(rails)
    found = {row.source_id: (row.type, row.actual_amount) for row in Break.objects.all()}
    assert found == {"chain-hot-1": ("external_only", oddities.DEPOSIT_USDC), "nordbank-mxn": ("external_only", 18_500)}
    assert all(row.deadline_at > clock.now() for row in Break.objects.all())
