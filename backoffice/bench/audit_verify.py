"""`audit-verify`: checking an exported trail with the offline verifier, against hashing the same events with hashlib alone.

Also, as figures without a floor: how fast the sealer seals, and `verify_audit` inside the database.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from django.conf import settings
from django.db import connection

from audit import verifier
from audit.context import Actor, bind
from audit.envelope import as_jsonb, envelope
from audit.inspection.look import look
from audit.sealing import export
from audit.sealing.keys import SigningKey
from audit.sealing.memory import Memory
from audit.sealing.sealer import Sealer
from backoffice.bench import machine
from backoffice.bench.report import BenchBroken, Figure, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, using

OF_HASHING = 0.2
_NEVER_LATE_S = 10**9
_KEY_NAME = "bench.countersign.example/audit"
_AT_ONCE = 20_000
_PATIENCE_S = 60
# As long as what a posting leaves in the trail, the commonest event.
_EVENTS = """
    SELECT count(audit_record(%(event)s || jsonb_build_object(
               'resource_id', gen_random_uuid(), 'transaction_id', gen_random_uuid(), 'metadata', jsonb_build_object(
                   'reference', 'withdrawal:' || number, 'kind', 'withdrawal', 'forced_kind', '', 'reverses', null,
                   'value_at', now(), 'lines', jsonb_build_array(
                       jsonb_build_object('account', 'client:bench-' || number, 'debit', '101000000', 'credit', '0'),
                       jsonb_build_object('account', 'wallet:bench', 'debit', '0', 'credit', '100000000'),
                       jsonb_build_object('account', 'fees:bench', 'debit', '0', 'credit', '1000000'))))))
      FROM generate_series(1, %(count)s) AS number
"""


def run(scratch: Scratch, scale: Scale) -> Report:
    with using(scratch.base), TemporaryDirectory(prefix="countersign-bench-") as scrap:
        server = machine.facts()
        directory, key = Path(scrap), SigningKey.generate(_KEY_NAME)
        _record(scale.events)
        sealing = _seal(Sealer(key, Memory(directory / "sealer", [key.public()])), scale.events)
        exported = directory / "export"
        export.write(exported, export.extent(), [key.public()])
        verifying, whole, single = _turns(exported, str(key.public()), scale)
        inside = _inside(str(key.public()), scale)
        size = (exported / "events.tsv").stat().st_size
    return Report(
        "audit-verify",
        server,
        [verifying, whole, single, sealing, inside],
        [Ratio.of("of hashing the same events with hashlib", verifying, single, OF_HASHING)],
        facts={
            "events": scale.events,
            "bytes": size,
            "of one sha256 over the whole file": round(verifying.median / whole.median, 3),
        },
        notes=[
            "the tree is made of one hash per event (the floor) and one per inner node; one hash over all bytes would be no tree"
        ],
    )


def _record(count: int) -> None:
    event = {"type": "bench.recorded", "resource_type": "bench"}
    with bind(Actor.system("bench"), correlation_id="bench trail"):
        for start in range(0, count, _AT_ONCE):
            with connection.cursor() as cursor:
                cursor.execute(_EVENTS, {"event": as_jsonb(event | envelope()), "count": min(_AT_ONCE, count - start)})


def _seal(sealer: Sealer, events: int) -> Figure:
    """Seal everything, step by step; the rate of each round that had something to seal.

    Somebody else's open transaction on this server holds events back; that is waited for, and not counted.
    """
    rates: list[float] = []
    sealed, patience = 0, perf_counter() + _PATIENCE_S
    while True:
        start = perf_counter()
        leaves = sealer.round(seconds=0).leaves
        if leaves:
            rates.append(leaves / (perf_counter() - start))
            sealed += leaves
        elif sealed >= events:
            return Figure("sealer", "events", tuple(rates))
        elif start > patience:
            raise BenchBroken(f"{events - sealed} events cannot be sealed: a transaction stays open on this server")
        else:
            sleep(0.05)


def _inside(vkey: str, scale: Scale) -> Figure:
    """`verify_audit`, as the database of this log sees itself; raises BenchBroken when it finds something wrong with the log."""
    usual, settings.AUDIT_LOG_KEY = settings.AUDIT_LOG_KEY, vkey
    try:
        start = perf_counter()
        found = look([], most_late_s=_NEVER_LATE_S)
        rate = scale.events / (perf_counter() - start)
    finally:
        settings.AUDIT_LOG_KEY = usual
    if found.events < scale.events or not found.holds:
        raise BenchBroken(f"verify_audit saw {found.events} of {scale.events} events: {found.findings[:3]}")
    return Figure("verify_audit", "events", (rate,))


def _turns(exported: Path, vkey: str, scale: Scale) -> list[Figure]:
    """Each way in turn, `rounds` times after one that warms up."""
    ways: dict[str, Callable[[], None]] = {
        "offline verifier": lambda: _verify(exported, vkey, scale.events),
        "hashlib, one sha256 over all bytes": lambda: _hash_whole(exported),
        "hashlib, one sha256 per event": lambda: _hash_each(exported),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(scale.rounds + 1):
        for name, way in ways.items():
            start = perf_counter()
            way()
            if number:
                rates[name].append(scale.events / (perf_counter() - start))
    return [Figure(name, "events", tuple(found)) for name, found in rates.items()]


def _verify(exported: Path, vkey: str, events: int) -> None:
    found = verifier.verify_export(exported, [verifier.parse_key(vkey)])
    if not found.holds or found.events < events:
        raise BenchBroken(f"the verifier read {found.events} of {events} events: {found.findings}")


def _hash_whole(exported: Path) -> None:
    digest = sha256()
    with (exported / "events.tsv").open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)


def _hash_each(exported: Path) -> None:
    with (exported / "events.tsv").open("rb") as file:
        for line in file:
            sha256(line).digest()
