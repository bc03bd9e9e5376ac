"""HTTP in front of the bank: authenticates, reads the body, finds the action, answers."""

import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from backoffice.sandbox.bank.problems import HangUp, Problem

_log = logging.getLogger(__name__)
MAX_BODY = 2 * 1024 * 1024


class Request:
    """What an action gets to see."""

    def __init__(self, groups: tuple[str, ...], query: Mapping[str, str], body: bytes) -> None:
        self.groups = groups
        self.query = query
        self.body = body

    def json(self) -> dict[str, str]:
        """A flat object of strings; anything else is a Problem (amounts as numbers included)."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Problem(400, "bad_json", f"the body is not JSON: {error}") from error
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise Problem(400, "bad_json", "the body must be an object whose values are strings")
        return value


class Answer:
    def __init__(self, content: bytes, content_type: str) -> None:
        self.content = content
        self.content_type = content_type

    @classmethod
    def xml(cls, content: bytes) -> "Answer":
        return cls(content, "application/xml")

    @classmethod
    def json(cls, value: object) -> "Answer":
        return cls(json.dumps(value).encode(), "application/json")


Action = Callable[[Request], Answer]
Routes = tuple[tuple[str, re.Pattern[str], Action], ...]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], *, token: str, routes: Routes, gate: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__(address, Handler)
        self.authorization = f"Bearer {token}".encode()
        self.routes = routes
        self.gate = gate


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Nordbank"
    sys_version = ""
    timeout = 60
    # One packet per answer: unbuffered header lines would each wait for the other side's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server
    open_paths: ClassVar[frozenset[str]] = frozenset({"/healthz"})

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)

    def _serve(self) -> None:
        try:
            answer = self._answer()
            self._send(200, answer.content_type, answer.content)
        except HangUp as gone:
            _log.info("hung up: %s", gone)
            self.close_connection = True
        except Problem as problem:
            body = {"status": problem.status, "code": problem.code, "detail": str(problem)}
            self._send(problem.status, "application/problem+json", json.dumps(body).encode())

    def _answer(self) -> Answer:
        body = self._body()
        parts = urlsplit(self.path)
        given = self.headers.get("Authorization", "").encode()
        if parts.path not in self.open_paths and not hmac.compare_digest(given, self.server.authorization):
            raise Problem(401, "unauthorised", "the bearer token is missing or wrong")
        self.server.gate(parts.path)
        for method, pattern, action in self.server.routes:
            match = pattern.fullmatch(parts.path)
            if match is not None and method == self.command:
                groups = tuple(unquote(group) for group in match.groups())
                return action(Request(groups, dict(parse_qsl(parts.query)), body))
        raise Problem(404, "no_such_address", f"{self.command} {parts.path} is not an address of this bank")

    def _body(self) -> bytes:
        """Read in full before anything is answered, so that the connection stays usable."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Problem(400, "no_length", "the body must come with its length")
        if int(length) > MAX_BODY:
            self.close_connection = True
            raise Problem(413, "too_large", f"a body has at most {MAX_BODY} bytes")
        return self.rfile.read(int(length))

    def _send(self, status: int, content_type: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
