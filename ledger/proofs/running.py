"""Running the proofs: reading only, by anybody who may read the books."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.proofs.registry import START, Finding, Proof, Since, all_proofs
from ledger.queries.reading import one_snapshot

# For one proof, from the first entry on: processes that serve allow much less.
PATIENCE_S = 1800


@dataclass(frozen=True, slots=True)
class Result:
    """What one proof found. `since` is START for one that asked about everything."""

    proof: Proof
    since: Since
    findings: tuple[Finding, ...]
    milliseconds: int
    figures: list[dict[str, str]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.findings


def prove(since: Since = START, *, thorough: bool = False) -> Iterator[Result]:
    """Run the proofs one after the other: of what came after `since`, or from the first entry; `thorough` ones only if asked."""
    for proof in all_proofs():
        if thorough or not proof.thorough:
            yield _run(proof, since if proof.incremental else START)


def _run(proof: Proof, since: Since) -> Result:
    begun = time.monotonic()
    with one_snapshot(timeout_s=PATIENCE_S, work_mem="128MB"):
        findings = tuple(Finding(proof.name, subject, message) for subject, message in proof.find(since))
        figures = proof.figures() if proof.figures else []
    return Result(proof, since, findings, int((time.monotonic() - begun) * 1000), figures)
