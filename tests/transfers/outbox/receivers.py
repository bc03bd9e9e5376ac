"""Servers of clients, on this machine: good, slow, broken and hostile ones, over HTTP and HTTPS."""

import datetime
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Reply:
    """`trickle_s` sends the body byte by byte with that pause, `hold_s` waits before anything is said. `endless` never stops."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    hold_s: float = 0.0
    trickle_s: float = 0.0
    endless: bool = False
    raw: bytes | None = None


@dataclass(frozen=True)
class Message:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came in, in order, and what is answered: `answers` one after the other, then `usual`."""

    usual: Reply = field(default_factory=Reply)
    answers: list[Reply] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    on_message: Callable[[Message], None] = lambda _: None
    url: str = ""
    port: int = 0
    closing: threading.Event = field(default_factory=threading.Event)
    names: list[str | None] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [message.headers["webhook-id"] for message in self.messages]


@contextmanager
def receiver(*, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """A server of its own, for the length of the block."""
    found = Receiver()
    server = _Server((host, 0), _Handler)
    server.found = found
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: found.names.append(name)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    found.port = server.server_address[1]
    found.url = f"{'https' if tls else 'http'}://{host}:{found.port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Threads that still speak to somebody do not keep it from closing."""

    daemon_threads = True
    block_on_close = False
    found: Receiver


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        found = self.server.found
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        found.messages.append(message)
        found.on_message(message)
        reply = found.answers.pop(0) if found.answers else found.usual
        found.closing.wait(reply.hold_s)
        self.close_connection = True
        try:
            self._answer(reply)
        except OSError:
            """The other side has hung up, as it may."""

    def _answer(self, reply: Reply) -> None:
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.endless:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self._speak(reply)

    def _speak(self, reply: Reply) -> None:
        closing = self.server.found.closing
        while reply.endless and not closing.is_set():
            self.wfile.write(b"x" * 65536)
        if not reply.trickle_s:
            self.wfile.write(reply.body)
            return
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            if closing.wait(reply.trickle_s):
                return

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test, and server contexts whose certificates it signed."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, directory: Path) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        built = _certificate(name, name, key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return cls(directory, key, built.sign(key, hashes.SHA256()))

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.certificate.public_bytes(serialization.Encoding.PEM).decode())

    def server(self, *names: str) -> ssl.SSLContext:
        """A server context with a certificate for `names`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        built = _certificate(subject, self.certificate.subject, key.public_key()).add_extension(alternatives, critical=False)
        path = self.directory / f"{time.monotonic_ns()}.pem"
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
