"""Real servers on loopback that anchors talk to: one that takes mail, one that takes posts. They keep what they are given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Kept:
    """`answers` are given in turn, the last one for ever: (status, content type, body)."""

    port: int = 0
    received: list[bytes] = field(default_factory=list)
    answers: list[tuple[int, str, bytes]] = field(default_factory=lambda: [(200, "text/plain", b"taken\n")])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/add-checkpoint"

    def answer(self) -> tuple[int, str, bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


@contextmanager
def http_server() -> Iterator[Kept]:
    kept = Kept()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.received.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, kind, body = kept.answer()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.port = server.server_port
    with _serving(server):
        yield kept


@contextmanager
def mail_server(*, refuses: bool = False) -> Iterator[Kept]:
    """As much SMTP (RFC 5321) as a client needs to leave a message."""
    kept = Kept()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(b"220 ready")
            for line in iter(self.rfile.readline, b""):
                verb = line[:4].upper()
                if verb == b"DATA":
                    self._say(b"354 go on")
                    kept.received.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                if verb == b"RCPT" and refuses:
                    self._say(b"550 no such mailbox")
                    continue
                self._say(b"221 bye" if verb == b"QUIT" else b"250 ok")
                if verb == b"QUIT":
                    return

        def _say(self, line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        with _serving(server):
            yield kept
