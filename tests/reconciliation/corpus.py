"""The shared corpus of statements, where it lies beside this checkout, and its verified facts."""

import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
FACTS: dict[str, dict[str, Any]] = json.loads((DATA / "facts.json").read_text())["files"] if DATA.is_dir() else {}
CAMT = sorted(name for name in FACTS if name.startswith("camt/") and name.endswith(".xml"))
OTHERS = sorted(name for name in FACTS if name.split("/")[0] in ("mt940", "bai2", "ofx", "csv") or name.endswith(".zip"))
needs_corpus = pytest.mark.skipif(not FACTS, reason="the shared corpus is not beside this checkout")


def content(name: str) -> bytes:
    return (DATA / name).read_bytes()


def must_be_refused(name: str) -> bool:
    return "refuse" in (FACTS[name].get("expected_handling") or "")
