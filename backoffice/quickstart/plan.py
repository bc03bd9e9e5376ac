"""What this sandbox consists of: which parts are embedded and which are somebody else's, on which ports, with which addresses.

A part whose address is in the environment (`DATABASE_URL`, `REDIS_URL`, `CHAIN_RPC_URL`, `BANK_URL`, `DESKS`, `SIGNER_URL`; for the
notary `AUDIT_ANCHORS`) is not started. Ports are free ones on loopback, remembered so that a second start has the same.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from cryptography.fernet import Fernet

from audit.sealing.keys import SigningKey
from audit.vault.crypto import new_house_key
from backoffice.quickstart.embedded import DATABASE, OWNER, Postgres, Valkey
from backoffice.quickstart.keys import Keyring

ROLES = ("web", "worker", "sealer", "signer")
_PARTS = {
    "postgres": "DATABASE_URL",
    "valkey": "REDIS_URL",
    "chain": "CHAIN_RPC_URL",
    "chain-2": "CHAIN_RPC_URL_2",
    "bank": "BANK_URL",
    "desks": "DESKS",
    "psp": "PSP_URL",
    "signer": "SIGNER_URL",
    "notary": "AUDIT_ANCHORS",
}
_WITH_PORT = ("valkey", "chain", "chain-2", "bank", "desks", "psp", "signer", "notary")
# The desks of the sandbox besides the bank's own.
DESKS = ("harbour", "pacific")
# The name under which a sandbox signs its audit log.
LOG_NAME = "countersign.sandbox/audit"
RECEIPTS_NAME = "countersign.sandbox/receipts"
# What is worth sweeping from a deposit address, and what gas may cost for it.
_SWEEPS = "USDC=100 ETH=0.01"
# The least that a deposit is credited at.
_HEALTH_CHECKS = "internal_transfer=1.00 on_chain_withdrawal=1.00"


class PortTaken(RuntimeError):
    """The port that was asked for is in use."""


@dataclass(frozen=True)
class Plan:
    """`environ` is the environment that the user started us with."""

    data_dir: Path
    environ: Mapping[str, str]

    @property
    def port(self) -> int:
        return int(self.environ.get("PORT", "") or 8000)

    @property
    def url(self) -> str:
        return self.environ.get("BASE_URL", "") or f"http://127.0.0.1:{self.port}"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def run(self) -> Path:
        return self.data_dir / "run"

    @cached_property
    def keys(self) -> Keyring:
        return Keyring(self.data_dir / "secrets")

    @cached_property
    def embedded(self) -> frozenset[str]:
        """The parts that we run ourselves."""
        given = {part for part, variable in _PARTS.items() if self.environ.get(variable) or self.environ.get(f"{variable}_FILE")}
        # The second node follows ours: somebody else's network has none of our making.
        return frozenset(_PARTS) - given - ({"chain-2"} if "chain" in given else set())

    @cached_property
    def ports(self) -> dict[str, int]:
        """A port per embedded part. Chosen once; another one only when that is taken now."""
        memory = self.data_dir / "ports.json"
        remembered = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
        chosen: dict[str, int] = {}
        for part in _WITH_PORT:
            before = remembered.get(part, 0)
            chosen[part] = before if before and port_is_free(before) else free_port()
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps(chosen, indent=2) + "\n", encoding="utf-8")
        return chosen

    @cached_property
    def postgres(self) -> Postgres:
        return Postgres(self.data_dir / "postgres", self.logs / "postgres.log", password=self.keys.value("postgres.superuser"))

    @cached_property
    def valkey(self) -> Valkey:
        return Valkey(self.data_dir / "valkey", self.logs / "valkey.log", self.ports["valkey"], self.keys.value("valkey"))

    def address(self, part: str) -> str:
        return self.environ.get(_PARTS[part], "") or f"http://127.0.0.1:{self.ports[part]}"

    @cached_property
    def owner_url(self) -> str:
        if "postgres" not in self.embedded:
            return self.environ["DATABASE_URL"]
        return self.postgres.url(user=OWNER, password=self.keys.value("postgres.owner"), database=DATABASE)

    def role_url(self, role: str) -> str:
        """The address under which the processes of `role` connect: the given one, or the owner's with the role's name and
        password."""
        given = self.environ.get(f"DATABASE_URL_{role.upper()}", "")
        return given or _as_user(self.owner_url, f"countersign_{role}", self.keys.value(f"postgres.{role}"))

    @cached_property
    def log_key(self) -> Path:
        """The file with the public key of the audit log; made from the signing key."""
        path = self.data_dir / "audit" / "log.vkey"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            key = SigningKey.parse(self._signing_key.read_text(encoding="ascii"))
            path.write_text(f"{key.public()}\n", encoding="ascii")
        return path

    @property
    def _signing_key(self) -> Path:
        return self.keys.path("audit.signing", lambda: SigningKey.generate(LOG_NAME).text())

    @cached_property
    def receipt_keys(self) -> Path:
        """The file with the public key of receipts; made from the one that signs them."""
        path = self.data_dir / "receipts" / "keys.vkey"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            key = SigningKey.parse(self._receipt_key.read_text(encoding="ascii"))
            path.write_text(f"{key.public()}\n", encoding="ascii")
        return path

    @property
    def _receipt_key(self) -> Path:
        return self.keys.path("receipts.signing", lambda: SigningKey.generate(RECEIPTS_NAME).text())

    def signs_receipts(self) -> dict[str, str]:
        """What workers alone are told: the key that signs receipts."""
        own = {name: value for name, value in self.environ.items() if name.startswith("RECEIPT_SIGNING_KEY")}
        return own or {"RECEIPT_SIGNING_KEY_FILE": str(self._receipt_key)}

    @cached_property
    def anchors(self) -> str:
        """Where checkpoints are kept: a file, and the notary."""
        given = self.environ.get("AUDIT_ANCHORS", "")
        if given or "notary" not in self.embedded:
            return given
        directory = self.data_dir / "anchors"
        directory.mkdir(parents=True, exist_ok=True)
        return f"file=file://{quote(str(directory))}/checkpoints.txt notary={self.address('notary')}/add-checkpoint"

    def bare(self) -> dict[str, str]:
        """What a process that uses Django cannot do without."""
        return {
            "DJANGO_SETTINGS_MODULE": "backoffice.settings",
            "DATA_DIR": str(self.data_dir),
            "BASE_URL": self.url,
            **self._secret("SECRET_KEY", self.keys.path("django")),
            **self._secret("AUDIT_LOG_KEY", self.log_key),
        }

    def sealer(self) -> dict[str, str]:
        """What the sealer alone is told, and nothing of what the others are."""
        own = {name: value for name, value in self.environ.items() if name.startswith("AUDIT_SIGNING_KEY")}
        return {
            **self.bare(),
            **(own or {"AUDIT_SIGNING_KEY_FILE": str(self._signing_key)}),
            **self._anchored(),
            "AUDIT_STATE_DIR": self.environ.get("AUDIT_STATE_DIR", "") or str(self.data_dir / "audit" / "state"),
            "DATABASE_URL_SEALER": self.role_url("sealer"),
            "COUNTERSIGN_PROCESS": "sealer",
        }

    def _anchored(self) -> dict[str, str]:
        return {"AUDIT_ANCHORS": self.anchors} if self.anchors else {}

    def common(self) -> dict[str, str]:
        """What every process of ours needs that serves or works; no database address."""
        made = {
            **self.bare(),
            "REDIS_URL": self.environ.get("REDIS_URL", "") or self.valkey.url,
            "CHAIN_RPC_URL": self.address("chain"),
            **({"CHAIN_RPC_URL_2": self.address("chain-2")} if "chain-2" in self.embedded else {}),
            "BANK_URL": self.address("bank"),
            "SIGNER_URL": self.address("signer"),
            "PSP_URL": self.address("psp"),
            **self._secret("PSP_TOKEN", self.keys.path("psp.token")),
            **self._secret("BANK_TOKEN", self.keys.path("bank.token")),
            **self._secret("SIGNER_TOKEN", self.keys.path("signer.token")),
            **self._secret("VAULT_KEYS", self.keys.path("vault", new_house_key)),
            **self._desks(),
            **self._secret("RECEIPT_KEYS", self.receipt_keys),
            **self._secret(
                "WEBHOOK_ENCRYPTION_KEYS", self.keys.path("webhooks.encryption", lambda: Fernet.generate_key().decode())
            ),
        }
        if "SYNTHETIC_TRANSFERS" not in self.environ and self.environ.get("SEED", "demo") != "none":
            made |= {"SYNTHETIC_TRANSFERS": _HEALTH_CHECKS, "SYNTHETIC_EVERY": "300"}
        if "DEPOSIT_SWEEPS" not in self.environ and "signer" in self.embedded:
            made["DEPOSIT_SWEEPS"] = _SWEEPS
        if not self.environ.get("WEBHOOK_SECRETS"):
            made["WEBHOOK_SECRETS"] = " ".join(f"{source}={self.keys.webhook_value(source)}" for source in ("bank", "psp"))
        return made

    def _desks(self) -> dict[str, str]:
        """The sandbox's own desks and its feed of reference rates."""
        if "desks" not in self.embedded:
            return {}
        floor, token = f"http://127.0.0.1:{self.ports['desks']}", self.keys.value("desks.token")
        return {
            "DESKS": " ".join(f"{name}={floor}/desks/{name}" for name in DESKS),
            "DESK_TOKENS": " ".join(f"{name}={token}" for name in DESKS),
            "RATES_URL": f"{floor}/rates",
            "RATES_TOKEN": token,
        }

    def owner(self) -> dict[str, str]:
        """What a management command of the owner needs: everything, the roles' addresses too."""
        urls = {f"DATABASE_URL_{role.upper()}": self.role_url(role) for role in ROLES}
        return {
            **self.common(),
            **self.signs_receipts(),
            **self._anchored(),
            **urls,
            "DATABASE_URL": self.owner_url,
            "COUNTERSIGN_PROCESS": "owner",
        }

    def static(self) -> dict[str, str]:
        """Static files as in production: collected, hashed and compressed, but in this sandbox's own directory."""
        return {"STATIC_ROOT": str(self.data_dir / "static"), "STATIC_MANIFEST": "1"}

    def _secret(self, name: str, path: Path) -> dict[str, str]:
        given = self.environ.get(name) or self.environ.get(f"{name}_FILE")
        return {} if given else {f"{name}_FILE": str(path)}


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{where}"))
