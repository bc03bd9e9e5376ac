"""HTTP on loopback or a Unix socket.

    POST /v1/sign-transfer   an intent -> {"raw": "0x...", "hash": "0x...", "nonce": 7}
    POST /v1/sign-sweep      the same answer: bytes that bring a deposit wallet's tokens home
    POST /v1/sign-cancel     the same answer: bytes that use up a payment's nonce and pay nobody
    POST /v1/deposit-wallets {"name": "deposit-..."} -> {"address": "0x..."}; the same name gives the same address
    GET  /v1/wallets         {"wallets": {"hot-1": "0x..."}}
    GET  /v1/gas-caps        {"caps": {"1": {"max_fee_per_gas": "<wei>", "max_priority_fee_per_gas": "<wei>"}}}, by chain id
    GET  /healthz            200 while the process lives (no token needed)
    GET  /readyz             200 while the database answers (no token needed)

Errors are {"error": {"code", "message"}} with 400, 401, 404, 409, 422 or 503.
"""

import hmac
import json
import logging
import re
import socket
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from transfers.signer.errors import BadRequest, ConfigurationError, SignerError
from transfers.signer.intents import Asked, read_cancel_intent, read_intent, read_sweep_intent
from transfers.signer.networks import Network
from transfers.signer.service import SigningService

MAX_BODY = 8_192
IDLE_CONNECTION_S = 120
_READERS: Mapping[str, Callable[[bytes], Asked]] = {
    "/v1/sign-transfer": read_intent,
    "/v1/sign-sweep": read_sweep_intent,
    "/v1/sign-cancel": read_cancel_intent,
}
_CORRELATION = re.compile(r"[\x21-\x7e]{1,64}")

logger = logging.getLogger("transfers.signer")


class SignerServer(ThreadingHTTPServer):
    """`token` is what callers must show; every connection is served by a thread of its own."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: SigningService, token: str, *, port: int | None = None, path: Path | None = None) -> None:
        self.service, self.token = service, token
        if path is None:
            super().__init__(("127.0.0.1", port or 0), Handler)
            return
        self.address_family = socket.AF_UNIX
        path.unlink(missing_ok=True)
        super().__init__((str(path), 0), Handler, bind_and_activate=False)
        self.socket.bind(str(path))
        path.chmod(0o600)
        self.server_name, self.server_port = "signer", 0
        self.server_activate()


class Handler(BaseHTTPRequestHandler):
    server: SignerServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_CONNECTION_S
    disable_nagle_algorithm = False
    wbufsize = -1

    def do_GET(self) -> None:
        try:
            if self.path == "/healthz":
                self._answer(200, {"status": "ok"})
            elif self.path == "/readyz":
                self.server.service.store.ping()
                self._answer(200, {"status": "ready"})
            elif not self._authorised():
                self._refuse(401, "unauthorised", "the bearer token is missing or wrong")
            elif self.path == "/v1/wallets":
                self._answer(200, {"wallets": self.server.service.keystore.addresses})
            elif self.path == "/v1/gas-caps":
                self._answer(200, {"caps": _caps(self.server.service.networks)})
            else:
                self._refuse(404, "not_found", "there is nothing here")
        except SignerError as error:
            self._refuse(error.status, error.code, error.message)

    def do_POST(self) -> None:
        try:
            body = self._body()
            if not self._authorised():
                logger.warning("refused a caller without the token")
                self._refuse(401, "unauthorised", "the bearer token is missing or wrong")
            elif self.path in _READERS:
                self._sign(_READERS[self.path](body))
            elif self.path == "/v1/deposit-wallets":
                self._deposit_wallet(body)
            else:
                self._refuse(404, "not_found", "there is nothing here")
        except SignerError as error:
            logger.warning("not signed, %s: %s (correlation %s)", error.code, error.message, self._correlation())
            self._refuse(error.status, error.code, error.message)
        except (
            Exception
        ):  # the caller must hear that nothing is promised; the log has the rest, and never a key (none is in an error)
            logger.exception("signing failed (correlation %s)", self._correlation())
            self._refuse(500, "internal", "the signer failed; asking again is safe")

    def _sign(self, intent: Asked) -> None:
        signature = self.server.service.sign(intent)
        self._answer(200, {"raw": "0x" + signature.raw.hex(), "hash": signature.tx_hash, "nonce": signature.nonce})

    def _deposit_wallet(self, body: bytes) -> None:
        try:
            address = self.server.service.keystore.deposit_address(str(json.loads(body)["name"]))
        except (ValueError, KeyError, TypeError, ConfigurationError) as error:
            raise BadRequest("wallet_name_refused", "a deposit wallet's name is expected") from error
        self._answer(200, {"address": address})

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_BODY:
            self.close_connection = True
            raise BadRequest("body_too_large", f"a body of at most {MAX_BODY} bytes with its Content-Length is expected")
        return self.rfile.read(int(length))

    def _authorised(self) -> bool:
        shown = self.headers.get("Authorization", "").encode("latin-1", "replace")
        return hmac.compare_digest(shown, f"Bearer {self.server.token}".encode())

    def _correlation(self) -> str:
        said = self.headers.get("Correlation-Id", "")
        return said if _CORRELATION.fullmatch(said) else "-"

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._answer(status, {"error": {"code": code, "message": message}})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """What was signed and refused is logged by name; a line per request adds nothing."""


def _caps(networks: Mapping[int, Network]) -> dict[str, dict[str, str]]:
    names = ("max_fee_per_gas", "max_priority_fee_per_gas")
    return {str(chain_id): {name: str(getattr(network, name)) for name in names} for chain_id, network in networks.items()}
