"""The HTTP line to one provider: whatever goes over it is handed to a recorder as it went, masked, whatever became of it (R2).

Below every client of ours, so an answer that no adapter can read, or that breaks off, is on record like any other.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from transfers.rails.base import Exchange, Recorder, Written
from transfers.rails.masking import MASK, masked, readable

# Headers that say something about the message; the rest is the transport's.
_TOLD = ("content-type", "correlation-id", "retry-after", "location", "x-request-id", "request-id")
_SECRET = ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key")
# What differs from one message to the next although it says the same: when and under which name it was written.
_STAMPS = re.compile(rb"<(?:\w+:)?(CreDtTm|MsgId)>[^<]*<")

Naming = Callable[[httpx.Request], str]
Essence = Callable[[httpx.Request, bytes], bytes]


def path_of(request: httpx.Request) -> str:
    """Method and path, without the host."""
    return f"{request.method} {request.url.raw_path.decode('ascii', 'replace')}"


def unstamped(_: httpx.Request, content: bytes) -> bytes:
    """What a message says, but for the moment at which it was written."""
    return _STAMPS.sub(b"", content)


class Line(httpx.Client):
    """`secrets` are blotted out wherever they turn up; `naming` gives an exchange its operation, `essence` what makes a message
    another one than the last. Answers are read whole, to `most_bytes` and for `within_s` seconds at most, where there are such.
    Raises what httpx raises."""

    def __init__(
        self,
        provider: str,
        recorder: Recorder,
        *,
        secrets: tuple[str, ...] = (),
        naming: Naming = path_of,
        essence: Essence = unstamped,
        most_bytes: int | None = None,
        within_s: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._most_bytes, self._within_s = most_bytes, within_s
        self._provider, self._recorder, self._secrets = provider, recorder, secrets
        self._naming, self._essence = naming, essence

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        started_s, arrived, response = time.monotonic(), bytearray(), None
        try:
            response = super().send(request, **{**options, "stream": True})
            response.stream = _Noted(response.stream, arrived, self._limit(started_s))
            response.read()
        except httpx.HTTPError as error:
            self._tell(request, response, bytes(arrived), started_s, f"{type(error).__name__}: {error}")
            if response is not None:
                response.close()
            raise
        self._tell(request, response, response.content, started_s, "" if response.is_success else f"HTTP {response.status_code}")
        return response

    def _limit(self, started_s: float) -> "_Limit":
        return _Limit(self._most_bytes, None if self._within_s is None else started_s + self._within_s)

    def _tell(self, request: httpx.Request, response: httpx.Response | None, content: bytes, started_s: float, error: str) -> None:
        elapsed_ms = int((time.monotonic() - started_s) * 1000)
        status = None if response is None else response.status_code
        headers = httpx.Headers() if response is None else response.headers

        def written() -> Written:
            name = masked(self._naming(request), self._secrets)
            asked = f"{name}\n{_told(request.headers)}\n{readable(request.content)}"
            said = "" if status is None else f"HTTP {status}\n{_told(headers)}\n{readable(content)}"
            essence = self._essence(request, request.content), self._essence(request, content)
            return Written(name, masked(asked, self._secrets), masked(said, self._secrets), essence)

        self._recorder(Exchange(self._provider, masked(error, self._secrets), status, elapsed_ms, written))


@dataclass(frozen=True, slots=True)
class _Limit:
    most_bytes: int | None
    until_s: float | None

    def check(self, arrived: int) -> None:
        """Raises httpx.ReadTimeout for an answer that goes on and on, in length or in time."""
        too_long = self.most_bytes is not None and arrived > self.most_bytes
        if too_long or (self.until_s is not None and time.monotonic() > self.until_s):
            raise httpx.ReadTimeout("the answer does not end")


class _Noted(httpx.SyncByteStream):
    """A stream whose bytes are noted as they arrive: what came before an answer broke off is evidence, too."""

    def __init__(self, stream: Any, arrived: bytearray, limit: _Limit) -> None:
        self._stream, self._arrived, self._limit = stream, arrived, limit

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            self._arrived += part
            self._limit.check(len(self._arrived))
            yield part

    def close(self) -> None:
        self._stream.close()


def _told(headers: httpx.Headers) -> str:
    told = [f"{name}: {readable(headers[name].encode())}\n" for name in _TOLD if name in headers]
    return "".join(told + [f"{name}: {MASK}\n" for name in _SECRET if name in headers])
