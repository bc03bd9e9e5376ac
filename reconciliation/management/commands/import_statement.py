"""`manage.py import_statement FILE --source CODE [--dry-run] [--json]`.

Exits 0 when the file was imported (or read, for a dry run), 1 when it was refused, 2 when it could not be tried.
"""

import argparse
import getpass
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.context import Actor, ActorType, bind
from reconciliation.commands.importing import import_statement, look_at
from reconciliation.errors import UnknownSource
from reconciliation.models import StatementFile


class Command(BaseCommand):
    help = (
        "Import a bank statement into a source. A dry run only reads the file and prints what is in it, for whatever account it is."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="code of the source")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")
        parser.add_argument("--json", action="store_true", help="print what was read as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}", returncode=2) from error
        facts = _read(content) if options["dry_run"] else _store(options["source"], options["file"].name, content)
        self.stdout.write(json.dumps(facts, indent=2) if options["json"] else _in_words(facts))
        if facts["refused"] is not None:
            raise SystemExit(1)


def _read(content: bytes) -> dict[str, Any]:
    """What is in the file. A report or a notice is read too, with `not_evidence` saying why an import would refuse it."""
    reading = look_at(content)
    facts = dict(reading.facts)
    if reading.parsed is not None:
        facts |= {"refused": None, "not_evidence": reading.parsed.not_evidence or None}
    return facts


def _store(source: str, name: str, content: bytes) -> dict[str, Any]:
    user = getpass.getuser()
    with bind(Actor(ActorType.SYSTEM, f"import_statement:{user}")):
        try:
            file = import_statement(source_code=source, name=name, content=content, imported_by=f"command:{user}")
        except UnknownSource as error:
            raise CommandError(str(error), returncode=2) from error
    return {**file.facts, "file": str(file.id), "status": StatementFile.Status(file.status).value}


def _in_words(facts: dict[str, Any]) -> str:
    if facts["refused"] is not None:
        return f"Refused: line {facts['refused']['line']}: {facts['refused']['reason']}"
    lines = [f"{facts['message']}: {facts['statement_count']} statements, {facts['entry_count']} entries"]
    for statement in facts["statements"]:
        verdict = {True: "adds up", False: "does NOT add up", None: "cannot be added up"}[statement["balances_add_up"]]
        lines.append(
            f"  {statement['account']}: {statement['entries']} entries, {statement['opening']} -> {statement['closing']}, {verdict}"
        )
        lines += [f"    line {flag['line']}: {flag['text']}" for flag in statement["flags"]]
    schema = facts["schema"] or {"deviations": []}
    lines += [f"  deviates, line {one['line']}, {one['element']}: {one['rule']}" for one in schema["deviations"]]
    if facts.get("not_evidence"):
        lines.append(f"  No evidence: {facts['not_evidence']}")
    return "\n".join(lines)
