"""What is known of the proofs: which there are, how they stand, and the runs behind that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.models import ProofCheckpoint, ProofRun
from ledger.proofs.registry import START, Finding, Proof, Since, all_proofs
from ledger.proofs.running import prove
from ledger.queries.rows import select

FULL_EVERY, FULL_EVERY_BROKEN = timedelta(hours=24), timedelta(hours=1)
HOLDS, BROKEN, NOT_RUN = "holds", "broken", "not run"


@dataclass(frozen=True, slots=True)
class ProofStatus:
    """How one proof stands. `state` is `broken` when its last run or the last full proof found something: an alteration behind the
    checkpoint stays found until a full proof no longer sees it. `found` counts what it found, of which the first are `findings`.

    `proved_at` is when it last ran, `since` the checkpoint that run went on from (START: it asked about everything).
    """

    name: str
    says: str
    state: str
    found: int
    findings: tuple[Finding, ...]
    figures: list[dict[str, str]]
    proved_at: datetime | None
    since: Since
    milliseconds: int

    @property
    def holds(self) -> bool:
        return self.state == HOLDS


def findings(*, thorough: bool = False) -> Iterator[Finding]:
    """Everything that does not hold, from the first entry on, asked now."""
    for result in prove(START, thorough=thorough):
        yield from result.findings


def latest_checkpoint() -> Since:
    """Where an incremental proof goes on from; START while there is no checkpoint."""
    found = ProofCheckpoint.objects.order_by("-number").first()
    return START if found is None else since(found)


def since(checkpoint: ProofCheckpoint) -> Since:
    return Since(
        checkpoint=checkpoint.number,
        epoch=checkpoint.as_of_epoch,
        txid=checkpoint.as_of_txid,
        taken_at=checkpoint.taken_at,
        entries=checkpoint.entries,
    )


def latest_runs(limit: int = 20) -> list[ProofRun]:
    """The last runs that were kept, newest first, with their checkpoints."""
    return list(ProofRun.objects.select_related("since", "taken").order_by("-number")[:limit])


def last_full_run() -> ProofRun | None:
    return ProofRun.objects.filter(is_full=True).order_by("-number").first()


def seconds_since_last_run() -> int | None:
    """By the database's clock; None when no run was ever kept."""
    sql = "SELECT extract(epoch FROM clock_timestamp() - max(ended_at))::bigint AS seconds FROM ledger_proof_run"
    seconds = select(sql)[0]["seconds"]
    return None if seconds is None else int(seconds)


def full_proof_is_due() -> bool:
    """Once a day; every hour while the last one is broken, so that a repair is noticed."""
    last = last_full_run()
    if last is None:
        return True
    age = FULL_EVERY_BROKEN if last.broken else FULL_EVERY
    return bool(
        select("SELECT clock_timestamp() - %(age)s > %(ended_at)s AS due", {"age": age, "ended_at": last.ended_at})[0]["due"]
    )


def proof_status() -> list[ProofStatus]:
    """Every proof there is, in order, as its last runs left it."""
    runs = latest_runs(1)
    full = last_full_run()
    if full is not None and full not in runs:
        runs.append(full)
    return [_status(proof, runs) for proof in all_proofs()]


def _status(proof: Proof, runs: list[ProofRun]) -> ProofStatus:
    """`runs` are the last one and the last full one."""
    seen = [(run, kept) for run in runs for kept in run.results if kept["proof"] == proof.name]
    if not seen:
        return ProofStatus(proof.name, proof.says, NOT_RUN, 0, (), [], None, START, 0)
    told = next(((run, kept) for run, kept in seen if kept["count"]), seen[0])
    latest, kept = seen[0]
    return ProofStatus(
        name=proof.name,
        says=proof.says,
        state=BROKEN if told[1]["count"] else HOLDS,
        found=told[1]["count"],
        findings=tuple(Finding(proof.name, subject, message) for subject, message in told[1]["findings"]),
        figures=kept["figures"],
        proved_at=latest.ended_at,
        since=since(latest.since) if kept["since"] and latest.since else START,
        milliseconds=kept["milliseconds"],
    )
