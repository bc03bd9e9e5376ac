"""An audit trail on paper: a signer, events as lines, checkpoints, and the export that our log would write of them.

Independent of audit/sealing: the verifier is tested against the formats, not against the code that writes them.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.audit.rfc9162 import root_of

ORIGIN = "countersign.example/audit"
COLUMNS = [
    *("id", "recorded_at", "txid", "cluster_epoch", "db_user", "schema_version", "type", "outcome", "actor_type", "actor_id"),
    *("person_id", "credential_id", "on_behalf_of", "correlation_id", "causation_id", "request_id", "resource_type", "resource_id"),
    *("transaction_id", "occurred_at", "reason", "diff", "metadata", "status_text"),
]
BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGIN_S = int(BEGIN.timestamp())


class Signer:
    """A log's key: `vkey` is what others verify with."""

    def __init__(self, name: str = ORIGIN, seed: bytes = b"s" * 32) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.vkey = f"{name}+{self.key_id(1).hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"

    def key_id(self, kind: int) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([kind]) + self.public).digest()[:4]

    def line(self, kind: int, signature: bytes) -> bytes:
        return f"— {self.name} {base64.b64encode(self.key_id(kind) + signature).decode()}\n".encode()

    def plain(self, body: bytes) -> bytes:
        return self.line(1, self._key.sign(body))

    def timed(self, body: bytes, signed_at: int) -> bytes:
        signature = self._key.sign(b"cosignature/v1\ntime %d\n" % signed_at + body)
        return self.line(4, signed_at.to_bytes(8, "big") + signature)

    def note(self, size: int, root: bytes, signed_at: int) -> bytes:
        body = b"%s\n%d\n%s\n" % (self.name.encode(), size, base64.b64encode(root))
        return body + b"\n" + self.plain(body) + self.timed(body, signed_at)


def event(number: int, *, second: float | None = None, **changed: str) -> bytes:
    """The line of event `number`, recorded `second` seconds after BEGIN (else `number` seconds)."""
    moment = BEGIN + timedelta(seconds=number if second is None else second)
    text = moment.isoformat(sep=" ").removesuffix("+00:00") + "+00"
    fields = dict.fromkeys(COLUMNS, "") | {
        "id": str(UUID(int=(7 << 100) + number)),
        "recorded_at": text,
        "txid": str(995 + number),
        "cluster_epoch": "1",
        "db_user": "countersign_web",
        "schema_version": "1",
        "type": "audit.tested",
        "outcome": "succeeded",
        "actor_type": "operator",
        "actor_id": "maker",
        "person_id": r"\N",
        "correlation_id": f"conversation-{number}",
        "resource_type": "thing",
        "resource_id": str(number),
        "transaction_id": r"\N",
        "occurred_at": text,
        "diff": "{}",
        "metadata": f'{{"amount": "{number * 7}", "note": "Grüße"}}',
    }
    return "\t".join((fields | changed).values()).encode()


@dataclass
class Trail:
    """Events with the checkpoints over them; `write` makes the export directory."""

    events: list[bytes] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)
    signer: Signer = field(default_factory=Signer)

    def seal(self, second: int) -> bytes:
        """Sign what is there now, `second` seconds after BEGIN."""
        self.notes.append(self.signer.note(len(self.events), root_of(self.events), BEGIN_S + second))
        return self.notes[-1]

    def write(self, directory: Path, *, spoil: Callable[[Path], object] | None = None) -> Path:
        directory.mkdir(exist_ok=True)
        manifest = {
            "format": "countersign-audit/1",
            "origin": self.signer.name,
            "vkey": self.signer.vkey,
            "size": len(self.events),
            "columns": COLUMNS,
        }
        (directory / "manifest.json").write_text(json.dumps(manifest))
        (directory / "events.tsv").write_bytes(b"".join(line + b"\n" for line in self.events))
        write_notes(directory / "checkpoints.txt", self.notes)
        if spoil:
            spoil(directory)
        return directory


def write_notes(path: Path, notes: Sequence[bytes]) -> Path:
    path.write_bytes(b"".join(note + b"\n" for note in notes))
    return path


def honest_trail(size: int = 25, *, every: int = 5, signer: Signer | None = None) -> Trail:
    """One event a second, sealed after each `every`; the last checkpoint is a heartbeat."""
    trail = Trail(signer=signer or Signer())
    trail.seal(0)
    for number in range(size):
        trail.events.append(event(number))
        if number % every == every - 1 or number == size - 1:
            trail.seal(number + 1)
    trail.seal(size + 30)
    return trail
