"""The corpus of real provider data, read in place. It must be there: a test that cannot see its evidence fails."""

import csv
import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def path(name: str) -> Path:
    """A file of the corpus. COUNTERSIGN_CORPUS names its directory; otherwise it lies beside the repository."""
    found = Path(os.environ.get("COUNTERSIGN_CORPUS") or ROOT.parent / "shared" / "data") / name
    if not found.is_file():
        raise AssertionError(f"{found} is missing: set COUNTERSIGN_CORPUS to the directory that holds MANIFEST.md")
    return found


def load(name: str) -> Any:
    return json.loads(path(name).read_text(encoding="utf-8"))


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path(name).read_text(encoding="utf-8").splitlines()]


def rows(name: str) -> list[dict[str, str]]:
    with path(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
