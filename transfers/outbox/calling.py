"""One call to an address that a client gave us: resolved once, connected to exactly what was resolved, bounded in time and size.

The name stays what TLS is checked against and what the Host header says; only the connection goes to the pinned address. No
redirects, no proxies of the environment, no cookies, no compression. Every read and write is cut by one deadline for the whole
call, so a server that sends a byte now and then gains nothing.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from transfers.outbox.destinations import DestinationRefused, Resolve, Rules, look_up, parse, pin

CONNECT_S, CALL_S = 5.0, 15.0
MAX_ANSWER_BYTES = 16 * 1024
KEPT_CHARACTERS = 1000
# Of several addresses this many are tried: the deadline is for all of them together.
MOST_ADDRESSES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. Without a status there was no answer, and `error` says why; `address` is where it was connected to."""

    status: int | None
    duration_ms: int
    address: str = ""
    text: str = ""
    error: str = ""
    retry_after_s: int | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Caller:
    """`resolve` and `trust` are replaced in tests: the look-up of names, and what certificates are checked against."""

    rules: Rules
    resolve: Resolve = look_up
    trust: ssl.SSLContext | None = None
    call_s: float = CALL_S

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what the other side does, or for an address that may not be called: that is an answer too."""
        began_s = time.monotonic()
        backend = _Pinned((), began_s + self.call_s)
        try:
            destination = parse(url, self.rules)
            backend.addresses = pin(destination, self.rules, self.resolve)[:MOST_ADDRESSES]
            return self._exchange(url, headers, body, backend, began_s)
        except DestinationRefused as refused:
            return Answer(None, _since(began_s), error=str(refused))
        except (httpcore.TimeoutException, TimeoutError):
            return Answer(None, _since(began_s), backend.connected, error=f"No complete answer within {self.call_s:g} seconds.")
        except socket.gaierror:
            return Answer(None, _since(began_s), error="The name of the host cannot be resolved.")
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            return Answer(None, _since(began_s), backend.connected, error=_words(error))

    def _exchange(self, url: str, headers: Mapping[str, str], body: bytes, backend: "_Pinned", began_s: float) -> Answer:
        usual = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "Countersign-Webhooks/1"}
        timeouts = {"connect": CONNECT_S, "read": self.call_s, "write": self.call_s, "pool": self.call_s}
        with (
            httpcore.ConnectionPool(
                ssl_context=self.trust or _public_trust(), network_backend=backend, max_connections=1, http2=False, retries=0
            ) as pool,
            pool.stream(
                "POST", url, headers=list((usual | dict(headers)).items()), content=body, extensions={"timeout": timeouts}
            ) as response,
        ):
            raw = _first_bytes(response.iter_stream())
            retry_after = _seconds({name.lower(): value for name, value in response.headers}.get(b"retry-after", b""))
            return Answer(response.status, _since(began_s), backend.connected, _readable(raw), retry_after_s=retry_after)


class _Pinned(httpcore.NetworkBackend):
    """Connects to the pinned addresses, whatever it is asked for."""

    def __init__(self, addresses: Sequence[str], deadline_s: float) -> None:
        self.addresses = addresses
        self.connected = ""
        self._deadline_s = deadline_s
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the name was resolved once already
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        trouble: Exception = httpcore.ConnectError("there is no address to connect to")
        for address in self.addresses:
            try:
                stream = self._network.connect_tcp(address, port, _left(self._deadline_s, timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
                continue
            self.connected = address
            return _Bounded(_checked(stream, address), self._deadline_s)
        raise trouble


class _Bounded(httpcore.NetworkStream):
    """A stream whose every step ends by the deadline of the whole call."""

    def __init__(self, stream: httpcore.NetworkStream, deadline_s: float) -> None:
        self._stream, self._deadline_s = stream, deadline_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline_s, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline_s, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline_s, timeout)), self._deadline_s)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _checked(stream: httpcore.NetworkStream, address: str) -> httpcore.NetworkStream:
    """The other end is who we meant; anything else is closed unheard. Raises ConnectError."""
    peer = stream.get_extra_info("server_addr")
    if not peer or ipaddress.ip_address(peer[0]) != ipaddress.ip_address(address):
        stream.close()
        raise httpcore.ConnectError("connected to another address than the one that was checked")
    return stream


def _left(deadline_s: float, timeout_s: float | None) -> float:
    """Raises ReadTimeout when nothing is left: a timeout of zero would mean not to wait, and none for ever."""
    left = deadline_s - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the call took too long")
    return left if timeout_s is None else min(left, timeout_s)


def _first_bytes(parts: Iterable[bytes]) -> bytes:
    """At most MAX_ANSWER_BYTES are read; who sends more is hung up on, and has been heard all the same."""
    raw = b""
    for part in parts:
        raw += part
        if len(raw) >= MAX_ANSWER_BYTES:
            break
    return raw


def _readable(raw: bytes) -> str:
    text = raw.decode("utf-8", errors="replace")[:KEPT_CHARACTERS]
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def _seconds(header: bytes) -> int | None:
    return int(header) if header.isdigit() and len(header) < 10 else None


def _since(began_s: float) -> int:
    return int((time.monotonic() - began_s) * 1000)


def _words(error: Exception) -> str:
    """One line for the record; of TLS, what was wrong with the certificate."""
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The certificate is not accepted: {cause.verify_message}."
    if isinstance(error, httpcore.ConnectError):
        return "Nothing accepts connections there."
    if isinstance(error, httpcore.ProtocolError):
        return "The answer is not HTTP."
    return "The connection broke."


@cache
def _public_trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()
