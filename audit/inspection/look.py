"""The whole look, in order."""

from collections.abc import Sequence
from pathlib import Path

from audit.inspection import guards, leaves, roots
from audit.inspection.complete import archive_is_told, everything_is_told
from audit.inspection.findings import Report
from audit.sealing.config import log_keys
from audit.verifier import parse_key

CHECKS = {
    "events": "every sealed event is there and is, byte for byte, what was sealed",
    "checkpoints": "every checkpoint is signed by a key of the log, and the tree had that root at that size",
    "anchors": "every checkpoint in the anchor files agrees with the tree",
    "nodes": "the kept nodes, from which proofs are made, are those of the tree",
    "unsealed": "no event stands where everything is sealed without a leaf of its own",
    "late": "the trail does not go on without being sealed",
    "guards": "what refuses changes and stamps events is there and switched on",
    "archive": "months are archived, dropped and attached as the trail tells, and none that is away is attached",
    "complete": "every version of every row that holds money state has its event",
    "definitions": "functions, triggers, tables and grants are those that the last release recorded",
}


def look(anchors: Sequence[Path], *, most_late_s: int) -> Report:
    """Raises LogUnconfigured, OSError for an anchor file that cannot be read, django.db.Error."""
    report = Report()
    keys = [parse_key(str(key)) for key in log_keys()]
    extent = roots.extent(report)
    roots.judge_all(report, leaves.hashes(report, extent.leaves), keys, anchors, extent)
    leaves.behind(report)
    leaves.late(report, most_late_s)
    guards.guards(report)
    guards.definitions_as_released(report)
    archive_is_told(report)
    everything_is_told(report)
    report.close()
    return report
