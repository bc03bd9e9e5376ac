"""`python -m backoffice.sandbox.desks --port P --data-dir DIR`: runs until it is told to stop (SIGTERM or SIGINT)."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from backoffice.sandbox.bank.config import bearer_token
from backoffice.sandbox.desks.server import Floor, Server


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="backoffice.sandbox.desks", description="Liquidity desks and a rate feed.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="where, unless named, the token lives")
    parser.add_argument("--token-file", type=Path, help="bearer token clients present (default DIR/desks.token, made when missing)")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    token = bearer_token(arguments.token_file or arguments.data_dir / "desks.token")
    server = Server((arguments.host, arguments.port), token=token, floor=Floor())
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the serving loop, which runs in the very thread that gets the signal.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.5)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
