"""`python -m transfers.signer [serve | create-wallet NAME | list-wallets | create-token | init-db]`; settings in `settings.py`."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from transfers.signer.errors import ConfigurationError
from transfers.signer.keystore import create_wallet, unlock, write_new_secret
from transfers.signer.networks import read_networks
from transfers.signer.recipients import read_recipients
from transfers.signer.server import SignerServer
from transfers.signer.service import SigningService
from transfers.signer.settings import keystore_settings, read_secret, server_settings
from transfers.signer.store import Store, apply_schema

logger = logging.getLogger("transfers.signer")


def main(arguments: list[str] | None = None) -> int:
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options = _parser().parse_args(arguments)
    commands: dict[str, Callable[[argparse.Namespace], None]] = {
        "serve": _serve,
        "create-wallet": _create_wallet,
        "list-wallets": _list_wallets,
        "create-token": _create_token,
        "init-db": _init_db,
    }
    try:
        commands[options.command or "serve"](options)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _serve(_: argparse.Namespace) -> None:
    settings = server_settings()
    networks, keystore = read_networks(settings.networks_file), unlock(settings.keystore)
    recipients = read_recipients(settings.recipients_file, keystore.addresses)
    token = read_secret(settings.token_file, "the signer's token")
    store = Store(settings.database_url)
    service = SigningService(keystore=keystore, networks=networks, recipients=recipients, store=store)
    server = SignerServer(service, token, port=settings.port, path=settings.socket)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    logger.info("signing with %s for chains %s; bound: %s", keystore, sorted(networks), sorted(recipients.by_wallet))
    try:
        server.serve_forever()
    finally:
        server.server_close()
        store.close()


def _create_wallet(options: argparse.Namespace) -> None:
    sys.stdout.write(create_wallet(options.name, keystore_settings(), exist_ok=options.exist_ok) + "\n")


def _list_wallets(_: argparse.Namespace) -> None:
    for name, address in unlock(keystore_settings()).addresses.items():
        sys.stdout.write(f"{name} {address}\n")


def _create_token(_: argparse.Namespace) -> None:
    """Make SIGNER_TOKEN_FILE if it is not there."""
    path = Path(os.environ.get("SIGNER_TOKEN_FILE") or "")
    if not path.name:
        raise ConfigurationError("SIGNER_TOKEN_FILE is not set")
    if not path.exists():
        write_new_secret(path)


def _init_db(_: argparse.Namespace) -> None:
    """The schema, by the owner: DATABASE_URL is the owner's as everywhere, never the signer's own."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise ConfigurationError("DATABASE_URL (the owner's) is not set")
    apply_schema(url)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m transfers.signer", description="The process that owns keys and nonces.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="sign until SIGTERM (the default)")
    wallet = commands.add_parser("create-wallet", help="make a key, print its address")
    wallet.add_argument("name")
    wallet.add_argument("--exist-ok", action="store_true", help="print the address of a wallet that exists already")
    commands.add_parser("list-wallets", help="names and addresses")
    commands.add_parser("create-token", help="make SIGNER_TOKEN_FILE if it is not there")
    commands.add_parser("init-db", help="make the schema with DATABASE_URL, the owner's")
    return parser


if __name__ == "__main__":
    sys.exit(main())
