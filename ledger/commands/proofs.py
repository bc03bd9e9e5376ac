"""Proving the books and keeping what came of it: what the scheduled check does."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ledger.gateway import answer_of
from ledger.models import ProofRun
from ledger.proofs.registry import START, Since
from ledger.proofs.running import PATIENCE_S, Result, prove
from ledger.queries.proofs import latest_checkpoint
from ledger.queries.reading import one_snapshot, patiently
from ledger.queries.rows import select

# A run looks at what came after the last checkpoint, so these bound what it costs. A checkpoint costs a row per account that moved.
CHECKPOINT_ENTRIES = 20_000
CHECKPOINT_AGE = timedelta(hours=1)
# Enough to see what is wrong; verify_ledger lists the rest.
KEPT_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Proved:
    """A run that was kept, and all that it found."""

    run: ProofRun
    since: Since
    results: list[Result]


def prove_books(*, full: bool = False) -> Proved:
    """Run the proofs since the last checkpoint, or all of them from the first entry, and keep the run.

    Each proof sees the books at its own moment; nothing waits for it. A run in which all proofs hold leaves a checkpoint when
    enough has come since the last one. Call it outside of any transaction that writes, for that one holds its checkpoint back.
    """
    since = START if full else latest_checkpoint()
    with one_snapshot(timeout_s=PATIENCE_S):
        moment = select("SELECT clock_timestamp() AS started_at, * FROM ledger_proof_horizon()")[0]
    results = list(prove(since, thorough=full))
    broken = [result.proof.name for result in results if not result.holds]
    request = {
        "started_at": moment["started_at"],
        "full": full,
        "since": since.checkpoint or None,
        "checkpoint": {"epoch": moment["epoch"], "txid": moment["txid"]} if not broken and _is_due(since, moment) else None,
        "broken": broken,
        "results": [_kept(result) for result in results],
    }
    with patiently(timeout_s=PATIENCE_S):
        answer = answer_of("ledger_record_proof", request)
    run = ProofRun.objects.select_related("since", "taken").get(number=answer["run"])
    return Proved(run, since, results)


def _is_due(since: Since, moment: dict[str, Any]) -> bool:
    """Not while the last full proof is broken: what lies before the checkpoint is in doubt then."""
    if since.is_start:
        return bool(moment["entries"])
    last_full = ProofRun.objects.filter(is_full=True).order_by("-number").values_list("broken", flat=True).first()
    if last_full or not moment["entries"]:
        return False
    is_old = since.taken_at is not None and moment["started_at"] - since.taken_at >= CHECKPOINT_AGE
    return bool(is_old or moment["entries"] >= CHECKPOINT_ENTRIES)


def _kept(result: Result) -> dict[str, Any]:
    return {
        "proof": result.proof.name,
        "since": result.since.checkpoint or None,
        "milliseconds": result.milliseconds,
        "count": len(result.findings),
        "findings": [[finding.subject, finding.message] for finding in result.findings[:KEPT_FINDINGS]],
        "figures": result.figures,
    }
