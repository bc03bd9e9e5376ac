"""HTTP in front of the book: POST /add-checkpoint as tlog-witness has it, GET /checkpoints for whoever wants to compare."""

import base64
import logging
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from audit.sealing.keys import SigningKey
from backoffice.sandbox.notary.book import Book, Refused, Submission

_log = logging.getLogger(__name__)
MAX_BODY = 64 * 1024
_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], *, book: Book, key: SigningKey) -> None:
        super().__init__(address, Handler)
        self.book = book
        self.key = key


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Notary"
    sys_version = ""
    timeout = 60
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        pages = {"/healthz": b"open\n", "/checkpoints": self.server.book.content()}
        self._send(200 if self.path in pages else 404, pages.get(self.path, b"no such page\n"))

    def do_POST(self) -> None:
        try:
            self._send(200, self._add().encode())
        except Refused as refused:
            _log.warning("refused with %s: %s", refused.status, refused)
            if refused.size is None:
                self._send(refused.status, f"{refused}\n".encode())
            else:
                self._send(refused.status, f"{refused.size}\n".encode(), "text/x.tlog.size")

    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)

    def _add(self) -> str:
        """The notary's own signature on what it wrote down."""
        body = self._body()
        if self.path != "/add-checkpoint":
            raise Refused(404, "checkpoints go to /add-checkpoint")
        given = _submission(body)
        self.server.book.add(given)
        signed = given.note.decode().rpartition("\n\n")[0] + "\n"
        return self.server.key.timed_line(signed, int(time.time()))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True
            raise Refused(400, "the body must come with its length and be short")
        return self.rfile.read(int(length))

    def _send(self, status: int, content: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _submission(body: bytes) -> Submission:
    head, blank, note = body.partition(b"\n\n")
    first, *proof = head.split(b"\n")
    old = _OLD.fullmatch(first)
    if not (blank and old) or len(proof) > 63:
        raise Refused(400, "a submission is an old size, a proof, a blank line and a checkpoint")
    try:
        return Submission(int(old[1]), [base64.b64decode(part, validate=True) for part in proof], note)
    except ValueError as error:
        raise Refused(400, "a line of the proof is no base64") from error
