"""The corpus of statements of real banks, read in place, and its verified facts. It must be there: a test that cannot see its
evidence fails. COUNTERSIGN_CORPUS names its directory; otherwise it lies beside the repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

DATA = Path(os.environ.get("COUNTERSIGN_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "data")
_FACTS = DATA / "facts.json"
FACTS: dict[str, dict[str, Any]] = json.loads(_FACTS.read_text(encoding="utf-8"))["files"] if _FACTS.is_file() else {}
# A list without names would skip its tests; with this one they run, and `check` fails them.
_NONE = ["no corpus"]


def must_be_refused(name: str) -> bool:
    return "refuse" in (FACTS[name].get("expected_handling") or "")


CAMT = sorted(name for name in FACTS if name.startswith("camt/") and name.endswith(".xml"))
READABLE = [name for name in CAMT if not must_be_refused(name)] or _NONE
REFUSED = [name for name in CAMT if must_be_refused(name)] or _NONE
OTHERS = sorted(name for name in FACTS if name.split("/")[0] in ("mt940", "bai2", "ofx", "csv") or name.endswith(".zip")) or _NONE
needs_corpus = pytest.mark.usefixtures("corpus")


def check() -> None:
    """Fails the test when the corpus cannot be seen."""
    if not FACTS:
        pytest.fail(f"{_FACTS} is missing: set COUNTERSIGN_CORPUS to the directory that holds MANIFEST.md", pytrace=False)


def content(name: str) -> bytes:
    return (DATA / name).read_bytes()
