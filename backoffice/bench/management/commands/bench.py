"""manage.py bench NAME [--json] [--check]: measure a promise against its floor, in the same run on the same server."""

import json
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.bench.benches import BENCHES
from backoffice.bench.crew import CrewFailed
from backoffice.bench.report import BenchBroken, Report
from backoffice.bench.scale import LARGE_ENTRIES, LARGE_TRANSFERS, Budget, Scale
from backoffice.bench.scratch import BenchBusy, scratch

MISSED, UNMEASURED, INTERRUPTED = 1, 2, 130


class Command(BaseCommand):
    help = "Measure against a floor, in scratch databases on the configured server. Exits 0 once it measured; see --check."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        usual = Scale()
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument("--json", action="store_true", help="One JSON object instead of lines for people.")
        parser.add_argument("--check", action="store_true", help="Exit 1 when a ratio is below what is asked of it.")
        parser.add_argument("--rounds", type=int, default=usual.rounds, help="Rounds of each side that count.")
        parser.add_argument("--seconds", type=float, default=usual.budget.seconds, help="Length of one round.")
        parser.add_argument(
            "--large",
            action="store_true",
            help="posting-growth goes on to ten million entries, pages and pipeline to one million transfers.",
        )

    def handle(self, *_: Any, name: str, json: bool, check: bool, **options: Any) -> None:
        with _ending_tidily():
            report = _measure(name, _scale(**options))
        self.stdout.write(_as_json(report) if json else "\n".join(report.lines()))
        if check and not report.holds:
            sys.exit(MISSED)


def _measure(name: str, scale: Scale) -> Report:
    try:
        with scratch() as databases:
            return BENCHES[name](databases, scale)
    except (BenchBusy, BenchBroken, CrewFailed) as error:
        raise CommandError(str(error), returncode=UNMEASURED) from error
    except KeyboardInterrupt:
        raise CommandError("interrupted; the scratch databases are gone", returncode=INTERRUPTED) from None


def _scale(*, rounds: int, seconds: float, large: bool, **_: Any) -> Scale:
    scale = replace(Scale(), rounds=rounds, budget=Budget(seconds))
    if not large:
        return scale
    return replace(
        scale,
        entries=(*scale.entries, LARGE_ENTRIES),
        transfers=(*scale.transfers, LARGE_TRANSFERS),
        page_transfers=(*scale.page_transfers, LARGE_TRANSFERS),
    )


def _as_json(report: Report) -> str:
    return json.dumps(report.as_dict())


@contextmanager
def _ending_tidily() -> Iterator[None]:
    """Ended from outside, it still drops its databases."""
    usual = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
