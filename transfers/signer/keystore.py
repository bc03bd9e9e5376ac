"""Keys at rest: Ethereum keystore files (version 3), decrypted once at the start and never shown again.

The password is a secret of at least 256 bits made by a machine, so the work factor of scrypt has nothing to make up for and stays
small enough that a signer with ten wallets starts within a second.
"""

import json
import os
import re
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.address import to_checksum_address

from transfers.signer.errors import ConfigurationError
from transfers.signer.settings import KeystoreSettings, check_private, read_secret

SCRYPT_N = 2**14
# Wallets that clients pay in to. There may be very many, so their keys are decrypted when something is swept from them.
DEPOSIT_PREFIX = "deposit-"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Keystore:
    """The unlocked wallets by checksummed address; `sealed` are addresses of deposit wallets as their files say, believed only once
    the key is decrypted. Its text form names addresses only."""

    def __init__(
        self,
        accounts: Mapping[str, LocalAccount],
        settings: KeystoreSettings | None = None,
        sealed: Mapping[str, str] | None = None,
    ) -> None:
        self._accounts: dict[str, LocalAccount] = {account.address: account for account in accounts.values()}
        self._unlocked = set(accounts)
        self.addresses: dict[str, str] = {**(sealed or {}), **{name: account.address for name, account in accounts.items()}}
        self._settings, self._making = settings, threading.Lock()

    def deposit_address(self, name: str) -> str:
        """The address of the deposit wallet `name`, whose key is made, encrypted and kept first if there is none.

        Raises ConfigurationError for another name than a deposit wallet's: nobody makes a paying wallet by asking.
        """
        if not name.startswith(DEPOSIT_PREFIX) or self._settings is None:
            raise ConfigurationError(f"not the name of a deposit wallet: {name!r}")
        with self._making:
            if name not in self._unlocked:
                create_wallet(name, self._settings, exist_ok=True)
                self._keep(name, self._settings)
            return self.addresses[name]

    def holds(self, address: str) -> bool:
        """Whether the key is here, decrypting it first when it is a deposit wallet's. Raises ConfigurationError when that fails."""
        if address not in self._accounts:
            self._unseal(address)
        return address in self._accounts

    def _unseal(self, address: str) -> None:
        """A deposit wallet's key by its address, be it from before the start or made since by another signer on these files."""
        if self._settings is None:
            return
        with self._making:
            sealed = {**_sealed(self._settings.directory), **self.addresses}
            name = next((name for name, known in sealed.items() if known == address and name not in self._unlocked), None)
            if name is not None and name.startswith(DEPOSIT_PREFIX):
                self._keep(name, self._settings)

    def _keep(self, name: str, settings: KeystoreSettings) -> None:
        account = _decrypt(settings.directory / f"{name}.json", read_secret(settings.password_file, "the keystore password"))
        # Without a lock others look for the account first, so it comes last.
        self._unlocked.add(name)
        self.addresses = {**self.addresses, name: account.address}
        self._accounts = {**self._accounts, account.address: account}

    def name_of(self, address: str) -> str:
        """Of a wallet whose key is unlocked. Raises KeyError."""
        account = self._accounts[address]
        return next(name for name, known in self.addresses.items() if known == account.address and name in self._unlocked)

    def sign(self, address: str, transaction: dict[str, Any]) -> tuple[bytes, str]:
        """Raw bytes and hash. The signature is deterministic (RFC 6979). Raises KeyError for a wallet that is not ours."""
        signed = self._accounts[address].sign_transaction(transaction)
        return bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex()

    def sign_digest(self, address: str, digest: bytes) -> tuple[int, int, int]:
        """Recovery number, r and s of a typed statement's 32 bytes. Raises KeyError for a wallet that is not ours."""
        signed = self._accounts[address].unsafe_sign_hash(Hash32(digest))
        return int(signed.v), int(signed.r), int(signed.s)

    def __repr__(self) -> str:
        return f"Keystore({sorted(self.addresses)})"


def unlock(settings: KeystoreSettings) -> Keystore:
    """Decrypt every wallet of the directory that pays. Raises ConfigurationError when one cannot be."""
    check_private(settings.directory, "SIGNER_KEYSTORE_DIR")
    password = read_secret(settings.password_file, "the keystore password")
    paying = (path for path in sorted(settings.directory.glob("*.json")) if not path.stem.startswith(DEPOSIT_PREFIX))
    return Keystore({path.stem: _decrypt(path, password) for path in paying}, settings, _sealed(settings.directory))


def _sealed(directory: Path) -> dict[str, str]:
    """Addresses of the deposit wallets, as their files say without being decrypted."""
    return {path.stem: _said_address(path) for path in sorted(directory.glob(f"{DEPOSIT_PREFIX}*.json"))}


def _said_address(path: Path) -> str:
    check_private(path, "a keystore file")
    try:
        return str(to_checksum_address(json.loads(path.read_text(encoding="utf-8"))["address"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} is no keystore file") from error


def create_wallet(name: str, settings: KeystoreSettings, *, exist_ok: bool = False) -> str:
    """Make a key, keep it encrypted, and give its address. The first wallet of an empty keystore makes the password too.

    Raises ConfigurationError for a bad name and, unless `exist_ok`, for a name already taken: a key is never overwritten.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"a wallet's name is lower-case letters, digits and hyphens, at most 40: {name!r}")
    settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(settings.directory, "SIGNER_KEYSTORE_DIR")
    path = settings.directory / f"{name}.json"
    if path.exists() and exist_ok:
        return _decrypt(path, read_secret(settings.password_file, "the keystore password")).address
    if not settings.password_file.exists() and not list(settings.directory.glob("*.json")):
        write_new_secret(settings.password_file)
    password = read_secret(settings.password_file, "the keystore password")
    account = Account.create()
    encrypted = Account.encrypt(account.key, password, kdf="scrypt", iterations=SCRYPT_N)
    try:
        _write_new(path, json.dumps(encrypted) + "\n")
    except FileExistsError as error:
        raise ConfigurationError(f"there is a wallet {name!r} already") from error
    return str(account.address)


def write_new_secret(path: Path) -> None:
    """A fresh 256-bit secret in a file of mode 0600. Raises FileExistsError rather than replace one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_new(path, secrets.token_urlsafe(32) + "\n")


def _decrypt(path: Path, password: str) -> LocalAccount:
    check_private(path, "a keystore file")
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(path.read_text(encoding="utf-8"), password))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} cannot be decrypted with the password at hand") from error
    return account


def _write_new(path: Path, content: str) -> None:
    """Create a private file whole: a name that exists holds everything, durably, or does not exist."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, path)
    finally:
        scratch.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
