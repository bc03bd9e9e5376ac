"""manage.py verify_ledger [--json]: run every proof. Exit 0 when all hold, 1 when one does not, 2 when it could not check."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from ledger.queries.proofs import PROOFS, findings

HOLDS, BROKEN, UNCHECKED = 0, 1, 2


class Command(BaseCommand):
    help = "Prove the books: balanced, projected right, holds covered, guards in place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON object instead of one line per finding.")

    def handle(self, *_: Any, json: bool, **__: Any) -> None:
        try:
            found = list(findings())
        except Error as error:
            self._say({"verdict": "unchecked", "error": str(error).strip()}, f"could not check: {error}", as_json=json)
            sys.exit(UNCHECKED)
        lines = [f"{finding.proof}: {finding.subject}: {finding.message}" for finding in found] or [
            f"all {len(PROOFS)} proofs hold"
        ]
        report = {"verdict": "broken" if found else "holds", "proofs": PROOFS, "findings": [asdict(finding) for finding in found]}
        self._say(report, "\n".join(lines), as_json=json)
        sys.exit(BROKEN if found else HOLDS)

    def _say(self, report: dict[str, Any], words: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(report) if as_json else words)
