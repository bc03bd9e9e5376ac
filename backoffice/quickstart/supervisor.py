"""The process manager: `supervisord` from PyPI, its configuration generated, spoken to over its Unix socket.

It restarts what dies, and stops the application before the stores. It runs in a session of its own, so that Ctrl-C in the terminal
reaches only us and we stop it in order.
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from backoffice.quickstart.programs import STORES, Program, inherited, root

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 60.0
# A program that lives this long counts as started and is restarted at once when it ends, however often.
_SETTLED_S = 1
_LOG_BYTES = "20MB"
_DO_NOT_WAIT = False


class SupervisorFailed(RuntimeError):
    """supervisord did not start or did not stop; the message says where to read."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """One supervisord, known by its data directory; it need not be our child."""

    data_dir: Path

    @property
    def socket(self) -> Path:
        """In the temporary directory when DATA_DIR is too long for the path of a socket."""
        near = self.data_dir / "run" / "supervisor.sock"
        if len(os.fsencode(near)) <= 90:
            return near
        return Path(tempfile.gettempdir()) / f"countersign-{os.getuid()}-{sha256(os.fsencode(near)).hexdigest()[:12]}.sock"

    @property
    def log(self) -> Path:
        return self.data_dir / "logs" / "supervisord.log"

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "run" / "supervisord.pid"

    def start(self, programs: Iterable[Program], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        """Run supervisord with these programs, none of them started yet. Raises SupervisorFailed."""
        configuration = self.data_dir / "run" / "supervisord.conf"
        _write_private(configuration, self._configuration(list(programs)))
        command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(configuration)]
        with (self.data_dir / "logs" / "supervisord.out").open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=root(),
                env=inherited(environ),
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SupervisorFailed(f"supervisord did not start; see {output.name}")
            time.sleep(0.05)
        return process

    def answers(self) -> bool:
        try:
            self.call("supervisor.getState")
        except (OSError, xmlrpc.client.ProtocolError):
            return False
        return True

    def call(self, method: str, *arguments: Any) -> Any:
        """One XML-RPC call. Raises OSError when nobody listens and xmlrpc.client.Fault when it is refused."""
        transport = SupervisorTransport("", "", serverurl=f"unix://{self.socket}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy, method)(*arguments)

    def start_program(self, program: Program) -> None:
        """Begin; not waited for. Raises SupervisorFailed when it cannot even be executed."""
        try:
            self.call("supervisor.startProcess", f"{program.group}:{program.name}", _DO_NOT_WAIT)
        except xmlrpc.client.Fault as fault:
            raise SupervisorFailed(f"{program.name} could not be started: {fault.faultString}; see {self.log}") from fault

    def states(self) -> dict[str, dict[str, Any]]:
        """Program name -> supervisor's own description (`statename`, `pid`, ...)."""
        return {found["name"]: found for found in self.call("supervisor.getAllProcessInfo")}

    def shut_down(self) -> None:
        """Stop everything in order, whoever started it; returns when the programs are gone. Raises SupervisorFailed."""
        if not self.answers():
            return
        pid = int(self.call("supervisor.getPID"))
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        # Its last act is to remove the file.
        while self._pid_file.exists():
            if time.monotonic() > deadline:
                raise SupervisorFailed(f"supervisord (process {pid}) did not stop; see {self.log}")
            time.sleep(0.05)

    def _configuration(self, programs: list[Program]) -> str:
        head = {
            "unix_http_server": {"file": str(self.socket), "chmod": "0700"},
            "supervisorctl": {"serverurl": f"unix://{self.socket}"},
            "rpcinterface:supervisor": {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
            "supervisord": {
                "logfile": str(self.log),
                "pidfile": str(self._pid_file),
                "childlogdir": str(self.data_dir / "logs"),
                "directory": str(root()),
                "loglevel": "info",
                **({"user": "root"} if os.geteuid() == 0 else {}),
            },
        }
        groups = {
            # Groups stop one after the other, highest priority first; programs of one group stop together.
            f"group:{name}": {
                "programs": ",".join(p.name for p in programs if p.group == name),
                "priority": "1" if name == STORES else "2",
            }
            for name in sorted({program.group for program in programs})
        }
        sections = head | groups | {f"program:{program.name}": self._program(program) for program in programs}
        return "\n".join(
            f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in body.items()) for name, body in sections.items()
        )

    def _program(self, program: Program) -> dict[str, str]:
        environment = ",".join(f'{name}="{_escape(value)}"' for name, value in program.environment.items())
        return {
            "command": _escape(shlex.join(program.command)),
            "directory": "/" if program.user else str(root()),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": str(_SETTLED_S),
            "startretries": "20",
            "stopsignal": program.stop_signal,
            "stopwaitsecs": str(program.stop_wait_s),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(self.data_dir / "logs" / f"{program.name}.log"),
            "stdout_logfile_maxbytes": _LOG_BYTES,
            "stdout_logfile_backups": "2",
            **({"user": program.user} if program.user else {}),
            **({"environment": environment} if environment else {}),
        }


def _escape(value: str) -> str:
    """supervisord expands `%`."""
    return value.replace("%", "%%")


def _write_private(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
