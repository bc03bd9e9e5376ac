"""manage.py verify_ledger [--full] [--record] [--json]: run the proofs.

Exit 0 when all hold, 1 when one does not, 2 when it could not check.
"""

import getpass
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from audit import context
from audit.context import Actor
from ledger.commands.proofs import prove_books
from ledger.proofs.registry import START, Since
from ledger.proofs.running import Result, prove
from ledger.queries.proofs import latest_checkpoint

HOLDS, BROKEN, UNCHECKED = 0, 1, 2


class Command(BaseCommand):
    help = "Prove the books: balanced, projected right, covered, told by the audit trail, guards in place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="From the first entry, not from the last checkpoint.")
        parser.add_argument("--record", action="store_true", help="Keep the run, so that the page and the alerts go by it.")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of lines.")

    def handle(self, *_: Any, full: bool, record: bool, json: bool, **__: Any) -> None:
        try:
            since, results = _recorded(full=full) if record else _asked(full=full)
        except Error as error:
            self._say({"verdict": "unchecked", "error": str(error).strip()}, f"could not check: {error}", as_json=json)
            sys.exit(UNCHECKED)
        self._say(_report(since, results), "\n".join(_lines(since, results)), as_json=json)
        sys.exit(HOLDS if all(result.holds for result in results) else BROKEN)

    def _say(self, report: dict[str, Any], words: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(report) if as_json else words)


def _asked(*, full: bool) -> tuple[Since, list[Result]]:
    since = START if full else latest_checkpoint()
    return since, list(prove(since, thorough=full))


def _recorded(*, full: bool) -> tuple[Since, list[Result]]:
    with context.bind(Actor.system(f"verify_ledger by {getpass.getuser()}")):
        proved = prove_books(full=full)
    return proved.since, proved.results


def _report(since: Since, results: list[Result]) -> dict[str, Any]:
    return {
        "verdict": "holds" if all(result.holds for result in results) else "broken",
        "proofs": [result.proof.name for result in results],
        "findings": [asdict(finding) for result in results for finding in result.findings],
        "since": None
        if since.is_start
        else {"checkpoint": since.checkpoint, "entries": since.entries, "taken_at": str(since.taken_at)},
        "results": [
            {
                "proof": result.proof.name,
                "holds": result.holds,
                "from_checkpoint": result.since.checkpoint or None,
                "milliseconds": result.milliseconds,
                "figures": result.figures,
            }
            for result in results
        ],
    }


def _lines(since: Since, results: list[Result]) -> Iterator[str]:
    for result in results:
        where = f"from checkpoint {result.since.checkpoint}" if result.since.checkpoint else "everything"
        state = "holds " if result.holds else "BROKEN"
        yield f"{state}  {result.proof.name:32} {where:24} {result.milliseconds / 1000:8.3f} s"
    for result in results:
        for finding in result.findings:
            yield f"{finding.proof}: {finding.subject}: {finding.message}"
    yield _from_where(since)
    broken = sum(not result.holds for result in results)
    yield f"{broken} of {len(results)} proofs do not hold" if broken else f"all {len(results)} proofs hold"


def _from_where(since: Since) -> str:
    if since.is_start or since.taken_at is None:
        return "proved from the first entry"
    return (
        f"proved from checkpoint {since.checkpoint}, {since.taken_at:%Y-%m-%d %H:%M} UTC:"
        f" {since.entries:,} entries before it were proved then"
    )
