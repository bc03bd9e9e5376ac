"""Brings the demo company to life. Every step finds out whether it was done: the next seeding finishes an interrupted one."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from audit import context
from audit.context import Actor
from backoffice.sandbox.demo import books, company, control, people, providers, treasury, within
from backoffice.sandbox.demo.chain import SandboxChain
from transfers.commands.deposits.addresses import open_bank_reference, open_crypto_address
from transfers.commands.synthetic_setup import prepare as prepare_checks
from transfers.models import BankAccount, DepositAddress, Wallet


def seed(data_dir: Path) -> dict[str, Any]:
    """Seed what is missing and give back the content of demo.json, which is written as soon as there is something to keep."""
    path = data_dir / "demo.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    with context.bind(Actor.system("seed_demo")):
        demo = _seed(known, path)
    _keep(path, demo)
    return demo


def _seed(known: dict[str, Any], path: Path) -> dict[str, Any]:
    demo: dict[str, Any] = {
        "url": settings.BASE_URL,
        "operators": people.seed_operators(known.get("operators", {}), settings.DEMO_PASSWORD),
        "api_keys": dict(known.get("api_keys", {})),
        "webhook_secrets": settings.WEBHOOK_SECRETS,
        "destinations": {},
    }
    _keep(path, demo)
    with SandboxChain(settings.CHAIN_RPC_URL) as chain:
        return _seed_on(chain, demo, path)


def _seed_on(chain: SandboxChain, demo: dict[str, Any], path: Path) -> dict[str, Any]:
    """What needs the chain, and everything after it."""
    books.seed_assets(chain.token_address())
    books.seed_house_accounts()
    within.seed_house_accounts()
    control.seed_control()
    for client in company.CLIENTS:
        demo["api_keys"][client.id] = people.seed_client(client, demo["api_keys"].get(client.id, ""))
        _keep(path, demo)
        books.seed_client_account(client)
        within.seed_client_account(client)
        demo["destinations"][client.id] = control.seed_destinations(client)
        open_crypto_address(client_id=client.id, network=company.NETWORK)
    control.seed_neighbours()
    _seed_wallets(chain)
    treasury.seed_own_wallets(chain)
    books.seed_calendars()
    for nostro in company.NOSTROS:
        books.seed_nostro(nostro, company.BANK)
    treasury.seed_levels()
    within.seed_promotion()
    providers.seed_providers()
    prepare_checks(asset_id=company.USDC, amount=control.minor(company.HEALTH_CHECK_USDC, company.USDC))
    demo["deposit_addresses"] = _seed_references()
    demo["wallets"] = dict(Wallet.objects.values_list("code", "address"))
    demo["bank_accounts"] = dict(BankAccount.objects.values_list("asset_id", "iban"))
    return demo


def _seed_references() -> dict[str, dict[str, str]]:
    """Where each client's money comes in: by network, and by currency the reference that a payer writes into the payment."""
    for client in company.CLIENTS:
        for account in BankAccount.objects.order_by("code"):
            open_bank_reference(client_id=client.id, account=account)
    found: dict[str, dict[str, str]] = {}
    for address in DepositAddress.objects.select_related("bank_account").order_by("created_at"):
        room = address.network or (address.bank_account.asset_id if address.bank_account else "")
        found.setdefault(address.client_id, {})[room] = address.value
    return found


def _seed_wallets(chain: SandboxChain) -> None:
    addresses = _wallet_addresses()
    for code, name, purpose in (
        (company.HOT_WALLET, "Hot wallet 1", Wallet.Purpose.HOT),
        (company.SETTLEMENT_WALLET, "Settlement wallet at the liquidity partner", Wallet.Purpose.SETTLEMENT),
    ):
        books.seed_wallet(chain, code=code, name=name, purpose=purpose, address=addresses[code], chain_id=settings.CHAIN_ID)


def _wallet_addresses() -> dict[str, str]:
    """The addresses of the keys that the signer holds, by wallet name."""
    headers = {"Authorization": f"Bearer {settings.SIGNER_TOKEN}"}
    response = httpx.get(f"{settings.SIGNER_URL}/v1/wallets", headers=headers, timeout=10)
    response.raise_for_status()
    wallets: dict[str, str] = response.json()["wallets"]
    return wallets


def _keep(path: Path, demo: dict[str, Any]) -> None:
    """Write demo.json whole or not at all, for the owner's eyes only."""
    temporary = path.with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(demo, file, indent=2)
        file.write("\n")
    temporary.replace(path)
