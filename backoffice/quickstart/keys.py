"""Secrets of one sandbox, made on first use: one file each under `DATA_DIR/secrets`, readable by its owner only."""

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _plain() -> str:
    """URL-safe without escaping, so that it fits into addresses and configuration files as it is."""
    return secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Keyring:
    directory: Path

    def path(self, name: str, make: Callable[[], str] = _plain) -> Path:
        """The file that holds the secret, made when it is missing."""
        path = self.directory / name
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make() + "\n")
        return path

    def value(self, name: str, make: Callable[[], str] = _plain) -> str:
        return self.path(name, make).read_text(encoding="ascii").strip()

    def webhook_path(self, source: str) -> Path:
        return self.path(f"webhook.{source}", _webhook_secret)

    def webhook_value(self, source: str) -> str:
        return self.value(f"webhook.{source}", _webhook_secret)
