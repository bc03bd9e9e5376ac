"""What the bank is started with: its accounts (a JSON file) and two secrets (files of their own)."""

import base64
import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from backoffice.sandbox.bank.money import minor_units
from backoffice.sandbox.bank.numbers import iban_is_valid

DEFAULT_CONFIG = Path(__file__).with_name("demo_accounts.json")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


@dataclass(frozen=True, slots=True)
class AccountConfig:
    iban: str
    holder: str
    currency: str
    opening_balance: int


@dataclass(frozen=True, slots=True)
class BankConfig:
    name: str
    bic: str
    accounts: tuple[AccountConfig, ...]


def read_config(path: Path) -> BankConfig:
    """Raises ValueError with a sentence when the file does not describe a bank."""
    try:
        raw = json.loads(path.read_text())
        accounts = tuple(_account(entry) for entry in raw["accounts"])
        config = BankConfig(str(raw["name"]), str(raw["bic"]), accounts)
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} does not describe a bank: {error!r}") from error
    if not _BIC.fullmatch(config.bic):
        raise ValueError(f"{path}: {config.bic} is not a BIC")
    if len({account.iban for account in accounts}) != len(accounts) or not accounts:
        raise ValueError(f"{path}: at least one account is needed, each IBAN once")
    return config


def _account(entry: dict[str, str]) -> AccountConfig:
    iban = entry["iban"].replace(" ", "")
    if not iban_is_valid(iban):
        raise ValueError(f"{iban} is not an IBAN: its check digits are wrong")
    currency = entry["currency"]
    return AccountConfig(iban, entry["holder"], currency, minor_units(Decimal(entry["opening_balance"]), currency))


def bearer_token(path: Path) -> str:
    """The token clients present; made on the first start, readable by the owner only."""
    return _secret(path, lambda: secrets.token_urlsafe(32))


def webhook_secret(path: Path) -> str:
    """The Standard Webhooks secret hints are signed with; made on the first start."""
    return _secret(path, lambda: "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())


def _secret(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(make() + "\n")
    value = path.read_text().strip()
    if not value:
        raise ValueError(f"{path} is empty")
    return value
