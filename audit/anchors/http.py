"""Another server, asked as C2SP tlog-witness asks a witness: the checkpoint, and the proof that it continues the last one it knows.

A witness answers 409 with the size it knows when that is another one than we thought, and is then given the proof from there. Any
server that answers 2xx will do; one that checks, such as the sandbox's notary, refuses a log that was rewritten.
"""

import base64
import re
from dataclasses import dataclass

import httpx

from audit.anchors.base import AnchorFailed, AnchorRefused, Due

TIMEOUT_S = 10.0
MAX_ANSWER = 16 * 1024
CONFLICT, UNPROCESSABLE = 409, 422
_SIZE_TYPE = "text/x.tlog.size"
_HEADERS = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class _Answer:
    """The beginning of an answer: no more of it is read than anybody honest would send."""

    status: int
    kind: str
    text: str

    @property
    def known_size(self) -> int | None:
        """The size of the log that a witness knows, when it says so."""
        if self.status != CONFLICT or self.kind != _SIZE_TYPE or not re.fullmatch(r"[0-9]{1,18}", self.text):
            return None
        return int(self.text)


@dataclass(frozen=True, slots=True)
class HttpAnchor:
    """The newest checkpoint, at once. `every_s` lets a busy log post less often."""

    name: str
    url: str
    kind: str = "http"
    every_s: int = 0
    wants_all: bool = False

    def take(self, due: Due) -> str:
        """Returns what the server answered: a witness's cosignature."""
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as client:
            answer = self._post(client, due, due.taken_size)
            known = answer.known_size
            if known is not None and known != due.taken_size:
                answer = self._post(client, due, known)
        if 200 <= answer.status < 300:
            return answer.text
        kind = AnchorRefused if answer.status in (CONFLICT, UNPROCESSABLE) else AnchorFailed
        raise kind(f"it answered {answer.status}: {' '.join(answer.text.split())[:200]}")

    def _post(self, client: httpx.Client, due: Due, old: int) -> _Answer:
        """Raises AnchorFailed."""
        try:
            with client.stream("POST", self.url, content=_request(due, old), headers=_HEADERS) as answer:
                text = next(answer.iter_bytes(MAX_ANSWER), b"").decode("utf-8", "replace").replace("\0", "").strip()
                return _Answer(answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0].strip(), text)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AnchorFailed(f"it did not answer: {type(error).__name__}") from error


def _request(due: Due, old: int) -> bytes:
    try:
        proof = due.proof(old)
    except ValueError as error:
        raise AnchorRefused(f"it knows a log of {old} events, ours has {due.newest.size}") from error
    return "\n".join([f"old {old}", *(base64.b64encode(part).decode() for part in proof), "", due.newest.text]).encode()
