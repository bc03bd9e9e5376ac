"""HTTP to a bank, and nothing but: every failure is sorted by whether the bank can have acted on what we sent.

Sending: what never left us or was refused at the door is RetryableError or TerminalError; everything else is UnknownOutcome.
Asking changes nothing at the bank, so each failed question is a RetryableError.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from transfers.rails.base import Recorder, RetryableError, TerminalError, UnknownOutcome, forget
from transfers.rails.line import Line
from transfers.rails.trust import authorities

# Before the first byte of the request is on its way.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_TURNED_AWAY = frozenset({401, 403, 429})
_REFUSED_FOR_GOOD = frozenset({400, 413, 415, 422})


class BankClient:
    """One bank; `name` is who errors and records say was asked."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        name: str = "bank",
        timeout_s: float = 15.0,
        transport: httpx.BaseTransport | None = None,
        recorder: Recorder = forget,
    ) -> None:
        self.name = name
        self._http = Line(
            name,
            recorder,
            secrets=(token,),
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=3.0),
            follow_redirects=False,
            verify=authorities(environment=True),
            transport=transport,
        )

    def close(self) -> None:
        self._http.close()

    def send(self, path: str, content: bytes, *, content_type: str) -> httpx.Response:
        """The bank's 200. Raises RetryableError, TerminalError or UnknownOutcome."""
        try:
            response = self._http.post(path, content=content, headers={"Content-Type": content_type})
        except _NEVER_LEFT as error:
            raise RetryableError(f"the bank could not be reached: {error}", provider=self.name) from error
        except httpx.HTTPError as error:
            raise UnknownOutcome(f"the order was sent and no answer arrived: {error!r}", provider=self.name) from error
        if response.status_code in _TURNED_AWAY:
            raise RetryableError(f"the bank turned us away: {_said(response)}", provider=self.name)
        if response.status_code in _REFUSED_FOR_GOOD:
            raise TerminalError(f"the bank refused the message: {_said(response)}", provider=self.name)
        if response.status_code != 200:
            raise UnknownOutcome(f"the bank answered {_said(response)}", provider=self.name)
        return response

    def ask(self, path: str, *, params: Mapping[str, str] | None = None, unknown_code: str = "") -> httpx.Response | None:
        """The bank's 200; None only when the bank itself says, under `unknown_code`, that it has no such thing.
        A 404 of a proxy or of a wrong address says nothing of the kind. Raises RetryableError."""
        try:
            response = self._http.get(path, params=params)
        except httpx.HTTPError as error:
            raise RetryableError(f"the bank could not be asked: {error!r}", provider=self.name) from error
        if response.status_code == 404 and unknown_code and problem_code(response) == unknown_code:
            return None
        if response.status_code != 200:
            raise RetryableError(f"the bank did not answer the question: {_said(response)}", provider=self.name)
        return response


def problem_code(response: httpx.Response) -> str:
    """The `code` of a problem document, empty for any other body."""
    body = parsed(response)
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, str) else ""


def parsed(response: httpx.Response) -> Any:
    """The body as JSON, None when it is none."""
    try:
        return response.json()
    except ValueError:
        return None


def _said(response: httpx.Response) -> str:
    body = parsed(response)
    detail = body.get("detail") if isinstance(body, dict) else None
    return f"HTTP {response.status_code}{f' ({detail})' if detail else ''}"
