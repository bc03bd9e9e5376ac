"""manage.py verify_audit [--json] [--anchor FILE ...]: exit 0 when the log holds, 1 when not, 2 when it could not be checked."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error
from psycopg import Error as DriverError

from audit.anchors.configured import AnchorUnusable, anchor_files
from audit.inspection.findings import Report
from audit.inspection.look import CHECKS, look
from audit.sealing.config import LogUnconfigured

HOLDS, BROKEN, UNCHECKED = 0, 1, 2


class Command(BaseCommand):
    help = "Recompute the sealed audit log from its events and hold it against everything that was signed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON object instead of one line per finding.")
        parser.add_argument(
            "--anchor", type=Path, nargs="+", action="extend", default=[], help="Checkpoint files besides those of AUDIT_ANCHORS."
        )
        parser.add_argument(
            "--max-late", type=int, default=120, help="Seconds for which the trail may go on unsealed (%(default)s)."
        )

    def handle(self, *_: Any, json: bool, anchor: list[Path], max_late: int, **__: Any) -> None:
        try:
            files = [*(path for path in anchor_files() if path.exists()), *anchor]
            report = look(files, most_late_s=max_late)
        except (LogUnconfigured, AnchorUnusable, OSError, Error, DriverError) as error:
            self._say({"verdict": "unchecked", "error": str(error).strip()}, f"could not check: {error}", as_json=json)
            sys.exit(UNCHECKED)
        self._say(_as_json(report), "\n".join(_lines(report)), as_json=json)
        sys.exit(HOLDS if report.holds else BROKEN)

    def _say(self, report: dict[str, Any], words: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(report) if as_json else words)


def _as_json(report: Report) -> dict[str, Any]:
    counts = {"events": report.events, "checkpoints": report.checkpoints, "anchored": report.anchored}
    found = {"findings": [asdict(finding) for finding in report.findings], "notes": report.notes}
    return {"verdict": "holds" if report.holds else "broken", "checks": CHECKS, **counts, **found}


def _lines(report: Report) -> list[str]:
    looked_at = f"{report.events} events, {report.checkpoints} checkpoints and {report.anchored} anchored ones"
    return [
        *(f"{finding.check}: {finding.subject}: {finding.message}" for finding in report.findings),
        *(f"note: {note}" for note in report.notes),
        f"{'all checks hold' if report.holds else 'broken'}: {looked_at}",
    ]
