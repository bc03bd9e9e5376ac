"""The signer's settings, from its environment.

SIGNER_DATABASE_URL    as the role countersign_signer
SIGNER_KEYSTORE_DIR    encrypted keys, one NAME.json each; mode 0700
SIGNER_PASSWORD_FILE   what they are encrypted with (default: KEYSTORE_DIR/password); mode 0600
SIGNER_TOKEN_FILE      bearer token that callers must show; mode 0600
SIGNER_NETWORKS        JSON file with the networks, token contracts and caps that may be signed for
SIGNER_RECIPIENTS      JSON file with the wallets that pay nobody but those it lists (default: none is bound but deposit wallets)
SIGNER_PORT            port on 127.0.0.1, or
SIGNER_SOCKET          path of a Unix socket (mode 0600) instead
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transfers.signer.errors import ConfigurationError

MIN_SECRET_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class KeystoreSettings:
    directory: Path
    password_file: Path


@dataclass(frozen=True, slots=True)
class ServerSettings:
    keystore: KeystoreSettings
    database_url: str
    token_file: Path
    networks_file: Path
    recipients_file: Path | None
    port: int | None
    socket: Path | None


def keystore_settings(environment: Mapping[str, str] = os.environ) -> KeystoreSettings:
    directory = Path(_required(environment, "SIGNER_KEYSTORE_DIR"))
    return KeystoreSettings(directory, Path(environment.get("SIGNER_PASSWORD_FILE") or directory / "password"))


def server_settings(environment: Mapping[str, str] = os.environ) -> ServerSettings:
    """Raises ConfigurationError naming what is missing."""
    port, socket = environment.get("SIGNER_PORT", ""), environment.get("SIGNER_SOCKET", "")
    if bool(port) == bool(socket):
        raise ConfigurationError("set one of SIGNER_PORT and SIGNER_SOCKET")
    if port and not (port.isascii() and port.isdigit() and int(port) < 2**16):
        raise ConfigurationError(f"SIGNER_PORT is no port: {port!r}")
    return ServerSettings(
        keystore=keystore_settings(environment),
        database_url=_required(environment, "SIGNER_DATABASE_URL"),
        token_file=Path(_required(environment, "SIGNER_TOKEN_FILE")),
        networks_file=Path(_required(environment, "SIGNER_NETWORKS")),
        recipients_file=Path(bound) if (bound := environment.get("SIGNER_RECIPIENTS", "")) else None,
        port=int(port) if port else None,
        socket=Path(socket) if socket else None,
    )


def read_secret(path: Path, what: str) -> str:
    """A machine-made secret from a file that nobody else may read. Raises ConfigurationError."""
    check_private(path, what)
    secret = path.read_text(encoding="utf-8").strip()
    if len(secret) < MIN_SECRET_CHARACTERS:
        raise ConfigurationError(f"{what} in {path} is shorter than {MIN_SECRET_CHARACTERS} characters")
    return secret


def check_private(path: Path, what: str) -> None:
    """Refuse a file or directory that is missing or open to group or others."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{what}: {path} does not exist") from error
    if mode & 0o077:
        raise ConfigurationError(f"{what}: {path} has mode {mode:04o}, it must not be open to group or others")


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise ConfigurationError(f"{name} is not set")
    return value
