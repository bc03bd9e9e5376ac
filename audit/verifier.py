"""Checks an exported audit trail, or one event with its proof, without trusting the system that wrote it. Copy this file anywhere.
It needs Python 3.11, the package `cryptography`, and the log's public key, which you got from somebody other than the export.

    python verifier.py EXPORT_DIR --key VKEY [--anchor FILE ...] [--max-gap SECONDS] [--max-lag SECONDS] [--now UNIX] [--json]
    python verifier.py --proof BUNDLE.json --key VKEY [--json]

A log that changed its key needs one --key for each that was in force, the newest first.

Exit status 0: it holds; 1: broken, one finding a line; 2: could not be checked (a file that is not there, a key that is none).

What it proves. The events are, byte for byte and in this order, those under every signed checkpoint of the export and of the anchor
files (RFC 9162 tree, C2SP signed notes): since its first checkpoint no event was edited, removed or moved, and none put between.
The log never shrank, forked or went back in time; no anchored checkpoint is missing; signing never paused longer than --max-gap.
Events stand in the order of their database transactions; none is younger than its seal, none waited for it longer than --max-lag
(raise that where a transaction may stay open for longer: it keeps all that began after it from being sealed).

What it cannot prove. That an event told the truth; that none was withheld before its seal; anything since the newest checkpoint.
Whoever holds the signing key can write another history, but none that agrees with anchors already in your hands: collect them from
places that the operator of the database does not run, and before the export is made. Without anchors, a trail that holds is merely
consistent with itself, and could be a shorter one.
"""

import argparse
import base64
import heapq
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from operator import lt
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EXPORT_FORMAT, PROOF_FORMAT = "countersign-audit/1", "countersign-proof/1"
COLUMNS = (
    "id recorded_at txid cluster_epoch db_user schema_version type outcome actor_type actor_id person_id credential_id "
    "on_behalf_of correlation_id causation_id request_id resource_type resource_id transaction_id occurred_at reason diff "
    "metadata status_text"
)
TABS_BY_SCHEMA_VERSION = {b"1": COLUMNS.count(" ")}
# The first six columns fit into HEAD_BYTES, a chunk into the processor's cache, and hostile files into the memory.
HEAD_BYTES, CHUNK_BYTES, LINE_BYTES, NOTE_BYTES, JSON_BYTES, FINDINGS = 240, 1 << 16, 1 << 26, 1 << 16, 1 << 24, 1000
SKEW_S = 10
DASH = "—".encode()
NOTE = re.compile("(([^\0-\x1f]+)\n(0|[1-9][0-9]{0,18})\n([\\w+/]{43}=)\n)\n((?:— [^\0-\x20+]+ [\\w+/]+=*\n)+)", re.ASCII)
SIGNATURE = re.compile("— ([^ ]+) ([^\n]+)\n")
JSON_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')


class CannotCheck(Exception):
    """The check could not begin: the key is no key."""


class Finding(NamedTuple):
    kind: str
    where: str
    message: str


@dataclass(slots=True)
class Report:
    """What was checked, and up to a thousand things wrong with it. `signed_at`: the newest checkpoint's, Unix seconds."""

    events: int = 0
    checkpoints: int = 0
    anchored: int = 0
    signed_at: int | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.findings

    def add(self, kind: str, where: str, message: str) -> None:
        if len(self.findings) < FINDINGS:
            self.findings.append(Finding(kind, where, message))

    def __str__(self) -> str:
        lines = [f"broken ({finding.kind}): {finding.where}: {finding.message}" for finding in self.findings]
        under = f"{self.checkpoints} checkpoints and {self.anchored} anchored ones, newest signed {_when(self.signed_at)}"
        return "\n".join([*lines, f"{'holds' if self.holds else 'does not hold'}: {self.events} events, {under}"])


def hash_leaf(leaf: bytes) -> bytes:
    return sha256(b"\0" + leaf).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The right edge of a growing tree (RFC 9162, 2.1): on each level at most one node that waits for its sibling."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[bytes] = []

    def extend(self, nodes: list[bytes]) -> None:
        """Append leaf hashes; takes the list over."""
        self.size += len(nodes)
        level = 0
        while nodes:
            if level == len(self._waiting):
                self._waiting.append(b"")
            if self._waiting[level]:
                nodes.insert(0, self._waiting[level])
            self._waiting[level] = nodes.pop() if len(nodes) % 2 else b""
            each = iter(nodes)
            nodes = [sha256(b"\1" + left + right).digest() for left, right in zip(each, each, strict=True)]
            level += 1

    def root(self) -> bytes:
        found = b""
        for node in filter(None, self._waiting):
            found = hash_node(node, found) if found else node
        return found or sha256().digest()


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from the leaf hash `leaf` at `index` to `root` of the tree of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(node) != 32 for node in (leaf, root, *proof)):
        return False
    # Up to `inner` the path has siblings on both sides; above it only on the left, one for each bit left in the index.
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        return False
    for level, node in enumerate(proof):
        leaf = hash_node(node, leaf) if level >= inner or index >> level & 1 else hash_node(leaf, node)
    return leaf == root


def verify_consistency(old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `size` leaves begins with that of `old_size`, 1 or more (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= size or any(len(node) != 32 for node in (old_root, root, *proof)):
        return False
    if old_size == size:
        return not proof and old_root == root
    # The path starts at the largest whole subtree that ends the old tree: the old root itself, or the proof's first node.
    shift = (old_size & -old_size).bit_length() - 1
    path = [old_root, *proof] if old_size == 1 << shift else list(proof)
    index, inner = (old_size - 1) >> shift, ((old_size - 1) ^ (size - 1)).bit_length() - shift
    if len(path) != 1 + inner + (index >> inner).bit_count():
        return False
    old = new = path[0]
    for level, node in enumerate(path[1:]):
        left = level >= inner or index >> level & 1
        old, new = (hash_node(node, old), hash_node(node, new)) if left else (old, hash_node(new, node))
    return old == old_root and new == root


class Key(NamedTuple):
    """`plain_id` and `timed_id` mark its signatures of type 0x01 and 0x04."""

    text: str
    name: str
    public: Ed25519PublicKey
    plain_id: bytes
    timed_id: bytes


class Checkpoint(NamedTuple):
    """`signed_at` in Unix seconds; `key` is 0 for the newest key, -1 for the one before; `rank` 0 is the export's own, above are
    anchors. Sorts in the order of judgement.
    """

    size: int
    signed_at: int
    key: int
    rank: int
    root: bytes
    where: str

    def __str__(self) -> str:
        return f"{self.size} events, signed {_when(self.signed_at)}"


def parse_key(vkey: str) -> Key:
    """The verifier key `name+hex(key id)+base64(0x01 || public key)`. Raises CannotCheck."""
    try:
        name, key_id, encoded = vkey.strip().split("+", 2)
        raw = _from_base64(encoded)
        public = Ed25519PublicKey.from_public_bytes(raw[1:])
        plain_id, timed_id = (sha256(name.encode() + b"\n" + kind + raw[1:]).digest()[:4] for kind in (b"\1", b"\4"))
        if not name or re.search(r"\s", name) or raw[0] != 1 or key_id != plain_id.hex():
            raise ValueError("name, key id and Ed25519 key do not belong together")
    except ValueError as error:
        raise CannotCheck(f"the key is not a verifier key: {error}") from error
    return Key(vkey.strip(), name, public, plain_id, timed_id)


def parse_keys(vkeys: Sequence[str]) -> list[Key]:
    """The keys of one log, the newest first. Raises CannotCheck."""
    keys = [parse_key(vkey) for vkey in vkeys]
    if len({key.name for key in keys}) != 1:
        raise CannotCheck("the keys are not of one log")
    return keys


def parse_note(note: bytes, keys: Sequence[Key], *, rank: int = 0, where: str = "note") -> Checkpoint:
    """The checkpoint in a note with both signatures of one of the `keys`. Those of others are ignored. Raises ValueError."""
    parts = NOTE.fullmatch(note.decode())
    if not parts:
        raise ValueError("not a whole checkpoint: three lines, a blank one, signatures")
    body, origin, size, root, lines = parts.groups()
    raws = [_from_base64(encoded) for name, encoded in SIGNATURE.findall(lines) if name == origin]
    times = [(_signed_at(body.encode(), raws, key), number) for number, key in enumerate(keys) if key.name == origin]
    signed = [(signed_at, number) for signed_at, number in times if signed_at is not None]
    if not signed:
        raise ValueError(f"a checkpoint of {origin!a}, not signed by a key you trust")
    signed_at, number = signed[0]
    return Checkpoint(int(size), signed_at, -number, rank, _from_base64(root), where)


def _signed_at(body: bytes, raws: list[bytes], key: Key) -> int | None:
    """When `key` signed, once in each of the two ways; None when it did not sign at all. Raises ValueError."""
    plain, timed = ([raw[4:] for raw in raws if raw[:4] == key_id] for key_id in (key.plain_id, key.timed_id))
    if not plain and not timed:
        return None
    if (len(plain), len(timed)) != (1, 1):
        raise ValueError("not signed in both ways, once each, by the key you trust")
    signed_at = int.from_bytes(timed[0][:8], "big")
    try:
        key.public.verify(plain[0], body)
        key.public.verify(timed[0][8:], b"cosignature/v1\ntime %d\n%s" % (signed_at, body))
    except InvalidSignature as error:
        raise ValueError("a signature in the name of the key you trust is false") from error
    return signed_at


def _from_base64(text: str) -> bytes:
    """Takes only the one canonical spelling. Raises ValueError."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 in an unusual spelling")
    return raw


def read_checkpoints(path: Path, rank: int, keys: Sequence[Key], report: Report) -> Iterator[Checkpoint]:
    """The checkpoints of a file as long as they go forward; what is wrong with the others goes into `report`. Raises OSError."""
    last = Checkpoint(0, 0, -len(keys), rank, b"", "the beginning")
    with path.open("rb") as file:
        for number, note in enumerate(_notes(file), 1):
            where = f"{path.name} note {number}"
            try:
                seen = parse_note(note, keys, rank=rank, where=where)
            except ValueError as error:
                report.add("note", where, str(error))
                continue
            if seen.size < last.size or seen.signed_at < last.signed_at:
                report.add("backward", where, f"{seen}, stands after {last}")
                continue
            last = seen
            yield seen


def _notes(file: BinaryIO) -> Iterator[bytes]:
    """A note ends with the blank line after its signatures, or where it becomes too long to be one."""
    note, signed = b"", False
    for line in iter(lambda: file.readline(NOTE_BYTES), b""):
        if line != b"\n" or (note and not signed):
            note += line
            signed = signed or line.startswith(DASH)
        if len(note) > NOTE_BYTES or (line == b"\n" and signed):
            yield note
            note, signed = b"", False
    if note:
        yield note


class _Events:
    """events.tsv, read once: each line is checked for shape and order and hashed; the tree grows to the sizes asked for."""

    def __init__(self, file: BinaryIO, report: Report) -> None:
        self.tree, self.read = Frontier(), 0
        self._file, self._report = file, report
        self._hashes: list[bytes] = []
        self._times: list[bytes] = []
        self._last: tuple[Any, ...] = ()

    def grow(self, size: int) -> tuple[bytes, bytes]:
        """Earliest and latest `recorded_at` on the way to `size`. The tree stays smaller when the events end before."""
        earliest = latest = b""
        while self.tree.size < size and (self._hashes or self._load()):
            take = size - self.tree.size
            times = list(filter(None, [earliest, latest, *self._times[:take]]))
            earliest, latest = min(times, default=b""), max(times, default=b"")
            self.tree.extend(self._hashes[:take])
            del self._hashes[:take], self._times[:take]
        return earliest, latest

    def _load(self) -> bool:
        chunk = self._file.read(CHUNK_BYTES)
        if chunk and not chunk.endswith(b"\n"):
            chunk += self._file.readline(LINE_BYTES)
            if not chunk.endswith(b"\n"):
                self._report.add("truncated", "events.tsv", "the last line is cut off, or one is longer than any event")
        lines = chunk.removesuffix(b"\n").split(b"\n") if chunk else []
        self._times = self._check(lines, chunk)
        self._hashes = [sha256(b"\0" + line).digest() for line in lines]
        self.read += len(lines)
        return bool(lines)

    def _check(self, lines: list[bytes], chunk: bytes) -> list[bytes]:
        """The time of each line; empty ones for a chunk with a line that is no event."""
        try:
            chunk.decode()
            heads = [line[:HEAD_BYTES].split(b"\t", 6) for line in lines]
            ids, times, txids, epochs, _, versions, _ = zip(*heads, strict=True)
            if list(map(TABS_BY_SCHEMA_VERSION.get, versions)) != [line.count(b"\t") for line in lines]:
                raise ValueError("columns")
        except ValueError:
            self._name_misshapen(lines)
            return [b""] * len(lines)
        # Numbers written without leading zeros: the longer one is larger. Nothing to convert, nothing to fail on.
        keys = list(zip(map(len, epochs), epochs, map(len, txids), txids, times, ids, strict=True))
        if not all(map(lt, [self._last, *keys], keys)):
            number = next(n for n, (before, key) in enumerate(zip([self._last, *keys], keys, strict=False), 1) if before >= key)
            message = "stands behind an event of a later transaction, or twice: put in, moved or doubled"
            self._report.add("order", f"events.tsv line {self.read + number}", message)
        self._last = keys[-1]
        return list(times)

    def _name_misshapen(self, lines: list[bytes]) -> None:
        for number, line in enumerate(lines, self.read + 1):
            fields = line.split(b"\t")
            head = fields[:6] if len(b"\t".join(fields[:6])) < HEAD_BYTES else [b""]
            if TABS_BY_SCHEMA_VERSION.get(head[-1]) != len(fields) - 1 or line.decode("utf-8", "ignore").encode() != line:
                self._report.add("event", f"events.tsv line {number}", "not an event: wrong columns, or not UTF-8")


@dataclass(slots=True)
class _Judge:
    """Sees every checkpoint, exported or anchored, in the order of (size, signed time), and each event once on the way."""

    report: Report
    events: _Events
    max_gap_s: int
    max_lag_s: int
    first: Checkpoint | None = None
    last: Checkpoint | None = None
    exported: Checkpoint | None = None
    lost: Checkpoint | None = None
    agreed: int = 0
    told: set[tuple[str, int]] = field(default_factory=set)

    def see(self, seen: Checkpoint) -> None:
        self.first = self.first or seen
        self._compare(self.last or seen, seen)
        earliest, latest = self.events.grow(seen.size)
        self._check_root(seen)
        if earliest:
            self._check_times(seen, self.first, earliest, latest)
        self._check_presence(seen)
        self.last = seen

    def _compare(self, before: Checkpoint, seen: Checkpoint) -> None:
        pause = seen.signed_at - before.signed_at
        if seen.size == before.size and seen.root != before.root:
            self.report.add("fork", seen.where, f"another root than {before.where} for the same {seen.size} events, both signed")
        if seen.key < before.key:
            self.report.add("key", seen.where, f"{seen}, by a key that {before.where} had replaced")
        if pause < 0:
            self.report.add("backward", seen.where, f"{seen}, but {before.where}: {before}")
        elif pause > self.max_gap_s:
            self.report.add("gap", seen.where, f"{seen}, and nothing for {pause} s before")

    def _check_root(self, seen: Checkpoint) -> None:
        tree = self.events.tree
        if tree.size < seen.size:
            message = f"{seen}; the export ends after {tree.size}: cut off, put back to an older state, or made before this"
            self._once("rollback" if seen.rank else "cut", seen, message)
        elif tree.root() != seen.root:
            self._once("root", seen, f"events {self.agreed + 1} to {seen.size} are not those that were sealed")
        else:
            self.agreed = seen.size

    def _once(self, kind: str, seen: Checkpoint, message: str) -> None:
        """One finding a file: once two trees differ, all larger ones do."""
        if (kind, seen.rank) not in self.told:
            self.told.add((kind, seen.rank))
            self.report.add(kind, seen.where, message)

    def _check_times(self, seen: Checkpoint, first: Checkpoint, earliest: bytes, latest: bytes) -> None:
        """Of the events that `seen` is the first to cover."""
        try:
            oldest, newest = (_unix(text.decode()) for text in (earliest, latest))
        except (ValueError, OverflowError):
            self.report.add("event", seen.where, f"covers an event recorded at no time: {earliest!a} or {latest!a}")
            return
        if newest > seen.signed_at + SKEW_S:
            self.report.add("future", seen.where, f"{seen}, covers an event recorded at {latest.decode()}")
        # What is older than the log itself waited for it to begin.
        if seen.signed_at - max(oldest, first.signed_at) > self.max_lag_s:
            self.report.add("late", seen.where, f"{seen}, is the first to cover an event recorded at {earliest.decode()}")

    def _check_presence(self, seen: Checkpoint) -> None:
        """What was anchored is in the export too, unless it is newer than all of that."""
        if seen.rank == 0:
            if self.lost:
                self.report.add("removed", self.lost.where, f"{self.lost}: anchored, and not in the export")
            self.exported, self.lost = seen, None
        elif not self.exported or seen[:2] != self.exported[:2]:
            self.lost = self.lost or seen

    def finish(self, now: int | None) -> None:
        """What shows only at the end: unsealed events, and silence up to `now`."""
        sealed = self.events.tree.size
        self.events.grow(sys.maxsize)
        if self.events.read > sealed or not self.exported:
            message = f"{self.events.read - sealed} events under no checkpoint; the export has {self.report.checkpoints}"
            self.report.add("unsealed", "events.tsv", message)
        if self.last and now is not None:
            if now - self.last.signed_at > self.max_gap_s:
                self.report.add("gap", self.last.where, f"{self.last}, and nothing for {now - self.last.signed_at} s since")
            if self.last.signed_at > now + SKEW_S:
                self.report.add("future", self.last.where, f"{self.last}, which is still to come")


def verify_export(
    directory: Path,
    keys: Sequence[Key],
    anchors: Sequence[Path] = (),
    *,
    max_gap_s: int = 120,
    max_lag_s: int = 3600,
    now: int | None = None,
) -> Report:
    """Check an export against its checkpoints and those of the `anchors` files. Raises OSError for what cannot be read."""
    report = Report()
    files = [directory / "checkpoints.txt", *anchors]
    manifest = _read_json(directory / "manifest.json")
    with (directory / "events.tsv").open("rb") as file:
        judge = _Judge(report, _Events(file, report), max_gap_s, max_lag_s)
        for seen in heapq.merge(*(read_checkpoints(path, rank, keys, report) for rank, path in enumerate(files))):
            report.checkpoints += seen.rank == 0
            report.anchored += seen.rank > 0
            report.signed_at = seen.signed_at
            judge.see(seen)
        judge.finish(now)
    report.events = judge.events.read
    named = {"format": EXPORT_FORMAT, "origin": keys[0].name, "columns": COLUMNS.split(), "size": report.events}
    for name in (name for name, wanted in named.items() if manifest.get(name) != wanted):
        report.add("manifest", "manifest.json", f"{name} should be {named[name]!a}")
    if manifest.get("vkey") not in [key.text for key in keys]:
        report.add("manifest", "manifest.json", "vkey is not a key you trust")
    return report


def _read_json(path: Path) -> dict[str, Any]:
    """Empty for what is not a JSON object. Raises OSError."""
    with path.open("rb") as file:
        text = file.read(JSON_BYTES)
    # Ours are an object and a list deep. Where the recursion limit was raised, the parser would follow deeper ones off its stack.
    if len(re.findall(rb"[\[{]", JSON_STRING.sub(b"", text))) > 100:
        return {}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def verify_proof(bundle: Path, keys: Sequence[Key]) -> Report:
    """Check that one event is in the log, at its index and in these words. Raises OSError."""
    report, content = Report(), _read_json(bundle)
    try:
        seen = parse_note(content["checkpoint"].encode(), keys, where=bundle.name)
        leaf, proof = hash_leaf(content["leaf"].encode()), [_from_base64(node) for node in content["inclusion"]]
        if (content["format"], content["origin"], content["size"]) != (PROOF_FORMAT, keys[0].name, seen.size):
            raise ValueError("format, origin or size are not those of the checkpoint")
        if not verify_inclusion(content["index"], seen.size, leaf, proof, seen.root):
            raise ValueError("the proof does not lead from this event to the signed root")
        report.events, report.checkpoints, report.signed_at = 1, 1, seen.signed_at
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        report.add("proof", bundle.name, f"{type(error).__name__}: {error}")
    return report


def _unix(text: str) -> float:
    """Of a time in UTC as PostgreSQL writes it. Raises ValueError, OverflowError."""
    if not text.endswith("+00"):
        raise ValueError("not in UTC")
    return datetime.fromisoformat(text).timestamp()


def _when(unix: int | None) -> str:
    try:
        return "never" if unix is None else f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"at second {unix}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("export", nargs="?", type=Path, help="directory with manifest.json, events.tsv and checkpoints.txt")
    what.add_argument("--proof", type=Path, help="instead: the proof bundle of one event")
    parser.add_argument(
        "--key", required=True, action="append", help="verifier key of the log: name+id+base64; again for older ones"
    )
    parser.add_argument("--anchor", type=Path, nargs="+", action="extend", default=[], help="checkpoints that were kept elsewhere")
    parser.add_argument("--max-gap", type=int, default=120, help="seconds allowed between two checkpoints (%(default)s)")
    parser.add_argument("--max-lag", type=int, default=3600, help="seconds allowed from an event to its seal (%(default)s)")
    parser.add_argument("--now", type=int, help="Unix time up to which checkpoints must reach")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        keys = parse_keys(options.key)
        if options.proof:
            report = verify_proof(options.proof, keys)
        else:
            limits = {"max_gap_s": options.max_gap, "max_lag_s": options.max_lag, "now": options.now}
            report = verify_export(options.export, keys, options.anchor, **limits)
    except (CannotCheck, OSError) as error:
        sys.stderr.write(f"could not be checked: {error}\n")
        return 2
    text = json.dumps({"holds": report.holds} | asdict(report)) if options.json else str(report)
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
