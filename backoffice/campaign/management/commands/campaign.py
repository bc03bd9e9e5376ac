"""manage.py campaign --seeds N | --seed S [--short] [--only WORK] [--minutes M]: kill, break and pause every process at every
crash point."""

import json as jsons
import math
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.campaign import ground
from backoffice.campaign.run import Result, Scope, run
from backoffice.quickstart import programs

FAILED = 1


class Command(BaseCommand):
    help = (
        "Shoot every process at every crash point, for every kind of work, heal, and prove the books. Starts a sandbox of its own; "
        "with --here it uses the one that the environment leads to. Exits 1 when an invariant is broken or a point never fired."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--seeds", type=int, default=1, help="So many runs, each with a seed of its own, which it prints.")
        which.add_argument("--seed", type=int, help="The one run of this seed again.")
        parser.add_argument(
            "--short", action="store_true", help="Every point once by SIGKILL, the most important in each way, no pairs."
        )
        parser.add_argument("--only", action="append", default=[], help="This kind of work (several times: these), and no other.")
        parser.add_argument("--minutes", type=float, default=math.inf, help="So long is shot, per run; then it heals and proves.")
        parser.add_argument("--here", action="store_true", help="In the sandbox that this environment leads to, not in a new one.")
        parser.add_argument("--json", action="store_true", help="One JSON object per run instead of lines for people.")

    def handle(self, *_: Any, here: bool, seed: int | None, seeds: int, json: bool, **given: Any) -> None:
        if not here:
            sys.exit(_elsewhere(sys.argv[2:]))
        if os.environ.get("ENVIRONMENT") == "production":
            raise CommandError("a campaign kills what it meets: it runs in a sandbox only")
        scope = Scope(given["short"], given["only"], given["minutes"])
        chosen = [seed] if seed is not None else [secrets.randbelow(10**9) for _ in range(seeds)]
        with tempfile.TemporaryDirectory(prefix="countersign-campaign-") as scrap:
            found = [self._one(Path(scrap), number, scope, json=json) for number in chosen]
        if not all(result.holds for result in found):
            sys.exit(FAILED)

    def _one(self, scrap: Path, seed: int, scope: Scope, *, json: bool) -> Result:
        tell = (lambda _: None) if json else self._say
        again = [f"--seed {seed}", *(["--short"] if scope.short else []), *(f"--only {name}" for name in scope.only)]
        again += [f"--minutes {scope.minutes:g}"] if scope.minutes < math.inf else []
        tell(f"seed {seed} (again: manage.py campaign {' '.join(again)})")
        dice = Random(seed)  # noqa: S311 - it only varies what is shot
        result = run(scrap, dice, seed=seed, scope=scope, say=tell)
        if json:
            self._say(jsons.dumps(result.as_dict()))
        else:
            for line in result.lines():
                self._say(line)
        return result

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _elsewhere(arguments: list[str]) -> int:
    """The same command in a sandbox of its own, which goes with us when we are told to stop."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    with ground.throw_away() as plan:
        command = [sys.executable, "manage.py", "campaign", *arguments, "--here"]
        return subprocess.run(command, cwd=programs.root(), env=ground.environment(plan), check=False).returncode


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
