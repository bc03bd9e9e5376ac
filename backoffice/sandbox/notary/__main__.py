"""`python -m backoffice.sandbox.notary --port P --data-dir DIR --log-key-file FILE`: runs until SIGTERM or SIGINT."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from audit.sealing.keys import SigningKey
from audit.verifier import parse_keys
from backoffice.sandbox.notary.book import Book
from backoffice.sandbox.notary.server import Server

NAME = "notary.sandbox"


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backoffice.sandbox.notary", description="Keeps the checkpoints of one audit log.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="where checkpoints.txt and the notary's own key live")
    parser.add_argument("--log-key-file", type=Path, required=True, help="the log's public key (vkey), older ones after it")
    return parser.parse_args(argv)


def own_key(path: Path) -> SigningKey:
    """Made on first use."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return SigningKey.parse(path.read_text(encoding="ascii"))
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(SigningKey.generate(NAME).text() + "\n")
    return own_key(path)


def main(argv: list[str]) -> int:
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    arguments.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log_keys = parse_keys(arguments.log_key_file.read_text(encoding="utf-8").split())
    key = own_key(arguments.data_dir / "notary.key")
    book = Book(arguments.data_dir / "checkpoints.txt", log_keys)
    server = Server((arguments.host, arguments.port), book=book, key=key)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the serving loop, which runs in the very thread that gets the signal.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    logging.getLogger("notary").info("%s keeps %s", key.public(), log_keys[0].name)
    server.serve_forever(poll_interval=0.5)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
