"""HTTP in front of the dispatcher: POST for JSON-RPC, GET /healthz for whoever supervises the process."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from backoffice.sandbox.chain.faults import Silence
from backoffice.sandbox.chain.rpc import Dispatcher

MAX_BODY = 5 * 1024 * 1024
IDLE_CONNECTION_S = 120


class ChainServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    server: ChainServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_CONNECTION_S
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer(200, b'{"status":"ok"}')
        else:
            self._answer(404, b'{"error":"POST JSON-RPC to /"}')

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._answer(413 if length.isdigit() else 411, b"")
            return
        try:
            answer = self.server.dispatcher.handle(self.rfile.read(int(length)))
        except Silence:
            self.close_connection = True
            return
        self._answer(200, answer)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """A line per request would drown the lines that matter."""
