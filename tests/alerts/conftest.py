"""A house, an actor, and a channel that really listens."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import override_settings

from audit import context
from audit.context import Actor
from backoffice.health import heartbeats
from ledger.commands.proofs import prove_books
from tests.transfers import world as worlds
from tests.transfers.conftest import committing as committing
from tests.transfers.conftest import test_database as test_database
from tests.transfers.world import World


@pytest.fixture
def bound() -> Iterator[None]:
    with context.bind(Actor.system("test")):
        yield


@pytest.fixture
def world(db: None, bound: None) -> World:
    return worlds.build()


@dataclass
class Sink:
    """An HTTP server that keeps what is posted to it; `status` is what it answers."""

    url: str = ""
    status: int = 200
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.received]


@pytest.fixture
def sink() -> Iterator[Sink]:
    kept = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if kept.status == 200:
                kept.received.append(body)
            self.send_response(kept.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    kept.url = f"json://127.0.0.1:{server.server_port}/secret-path"
    yield kept
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def healthy(db: None) -> Iterator[None]:
    """Every process reports, the books are proved, and one channel is configured that nobody is told to send to."""
    for kind in ("worker", "beat", "sweeper", "sealer"):
        heartbeats.sign(name=kind, kind=kind)
    with context.bind(Actor.system("test")):
        prove_books()
    with override_settings(ALERT_CHANNELS={"oncall": "json://127.0.0.1:9/"}, ALERT_THRESHOLDS={}):
        yield
