"""The verifier as a stranger runs it: one copied file, isolated from everything of ours."""

import ast
import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audit import verifier
from tests.audit.rfc9162 import inclusion_proof
from tests.audit.trail import BEGIN_S, Signer, honest_trail, write_notes

VKEY = Signer().vkey


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return Path(shutil.copy(verifier.__file__, tmp_path / "check.py"))


def _run(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    # -I: no environment variables, no user site, and neither this directory nor ours on the path.
    command = [sys.executable, "-I", "-W", "error", str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=program.parent, timeout=60)


def test_it_imports_the_standard_library_and_the_signatures_only() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} - sys.stdlib_module_names == {"cryptography"}


def test_it_says_that_an_honest_export_holds(program: Path, tmp_path: Path) -> None:
    trail = honest_trail()
    directory, anchors = trail.write(tmp_path / "export"), write_notes(tmp_path / "anchors", trail.notes[2:4])
    done = _run(program, directory, "--key", VKEY, "--anchor", anchors, anchors, "--anchor", anchors, "--now", BEGIN_S + 100)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("holds: 25 events, 7 checkpoints and 6 anchored ones, newest signed 2026-11-20 12:00:55 UTC\n")


def test_it_names_each_finding_on_a_line(program: Path, tmp_path: Path) -> None:
    trail = honest_trail()
    trail.events[7] += b"\ttampered"
    trail.notes.insert(3, "gar\N{RIGHT-TO-LEFT OVERRIDE}bage\x1b[2J".encode())
    done = _run(program, trail.write(tmp_path / "export"), "--key", VKEY)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.isascii()
    assert [line.split(":")[:2] for line in done.stdout.splitlines()] == [
        ["broken (event)", " events.tsv line 8"],
        ["broken (root)", " checkpoints.txt note 3"],
        ["broken (note)", " checkpoints.txt note 4"],
        ["does not hold", " 25 events, 6 checkpoints and 0 anchored ones, newest signed 2026-11-20 12"],
    ]


def test_it_reports_as_json(program: Path, tmp_path: Path) -> None:
    trail = honest_trail()
    trail.events.pop()
    done = _run(program, trail.write(tmp_path / "export"), "--key", VKEY, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["holds"], report["events"], report["signed_at"]) == (1, False, 24, BEGIN_S + 55)
    assert [(kind, where) for kind, where, _ in report["findings"]] == [("cut", "checkpoints.txt note 6")]


def test_it_checks_a_proof(program: Path, tmp_path: Path) -> None:
    trail, path = honest_trail(), tmp_path / "bundle.json"
    inclusion = [base64.b64encode(node).decode() for node in inclusion_proof(3, trail.events)]
    bundle = {"format": "countersign-proof/1", "origin": trail.signer.name, "index": 3, "size": 25, "inclusion": inclusion}
    path.write_text(json.dumps(bundle | {"leaf": trail.events[3].decode(), "checkpoint": trail.notes[-1].decode()}))
    assert _run(program, "--proof", path, "--key", VKEY).returncode == 0
    path.write_text(json.dumps(bundle | {"leaf": trail.events[4].decode(), "checkpoint": trail.notes[-1].decode()}))
    done = _run(program, "--proof", path, "--key", VKEY)
    assert (done.returncode, done.stdout.partition(":")[0]) == (1, "broken (proof)")


def test_what_cannot_be_checked_is_neither_good_nor_bad(program: Path, tmp_path: Path) -> None:
    directory = honest_trail().write(tmp_path / "export")
    for arguments in (
        (tmp_path / "nowhere", "--key", VKEY),
        (directory, "--key", VKEY, "--anchor", tmp_path / "nowhere"),
        (directory, "--key", VKEY, "--anchor", directory),
        (directory, "--key", "no key"),
        (directory,),
        ("--key", VKEY),
        (directory, "--key", VKEY, "--proof", tmp_path / "nowhere"),
        ("--proof", tmp_path / "nowhere", "--key", VKEY),
        (directory, "--key", VKEY, "--max-gap", "soon"),
    ):
        done = _run(program, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr
        assert done.stderr
