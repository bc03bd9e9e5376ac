"""Proof bundles of single events: honest ones are accepted, and nothing in one can be changed."""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.verifier import Report, parse_keys, verify_proof
from tests.audit.rfc9162 import inclusion_proof
from tests.audit.trail import Signer, Trail, honest_trail

KEYS = parse_keys([Signer().vkey])


def _bundle(trail: Trail, index: int) -> dict[str, Any]:
    return {
        "format": "countersign-proof/1",
        "origin": trail.signer.name,
        "index": index,
        "size": len(trail.events),
        "leaf": trail.events[index].decode(),
        "inclusion": [base64.b64encode(node).decode() for node in inclusion_proof(index, trail.events)],
        "checkpoint": trail.notes[-1].decode(),
    }


def _verify(content: object, directory: Path) -> Report:
    path = directory / "bundle.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return verify_proof(path, KEYS)


def test_every_event_of_a_log_can_be_proven_alone(tmp_path: Path) -> None:
    for size in (1, 2, 25):
        trail = honest_trail(size)
        for index in range(size):
            report = _verify(_bundle(trail, index), tmp_path)
            assert (report.findings, report.events, report.checkpoints) == ([], 1, 1)


CHANGED: list[dict[str, Any]] = [
    {"format": "countersign-proof/2"},
    {"origin": "other.example"},
    {"index": 8},
    {"index": 25},
    {"index": -1},
    {"index": 7.5},
    {"index": "7"},
    {"index": None},
    {"index": 10**400},
    {"size": 24},
    {"size": None},
    {"leaf": ""},
    {"leaf": None},
    {"leaf": "\ud800"},
    {"inclusion": []},
    {"inclusion": None},
    {"inclusion": 7},
    {"inclusion": [7]},
    {"inclusion": ["!"]},
    {"inclusion": {}},
    {"inclusion": [base64.b64encode(bytes(32)).decode()] * 5},
    {"inclusion": [base64.b64encode(bytes(32)).decode()] * 100_000},
    {"checkpoint": ""},
    {"checkpoint": None},
    {"checkpoint": ["a"]},
    {"checkpoint": honest_trail(24).notes[-1].decode()},
    {"checkpoint": honest_trail(25, signer=Signer(seed=b"x" * 32)).notes[-1].decode()},
]


@pytest.mark.parametrize("changed", CHANGED, ids=lambda changed: str(changed)[:40])
def test_a_bundle_with_something_changed_is_refused(changed: dict[str, Any], tmp_path: Path) -> None:
    report = _verify(_bundle(honest_trail(), 7) | changed, tmp_path)
    assert [finding.kind for finding in report.findings] == ["proof"]
    assert report.events == 0


def test_no_character_of_the_event_can_be_changed(tmp_path: Path) -> None:
    bundle = _bundle(honest_trail(), 7)
    for position, character in enumerate(bundle["leaf"]):
        changed = bundle["leaf"][:position] + ("x" if character != "x" else "y") + bundle["leaf"][position + 1 :]
        assert not _verify(bundle | {"leaf": changed}, tmp_path).holds
    for changed in (bundle["leaf"] + "\n", bundle["leaf"] + "\t", bundle["leaf"][:-1]):
        assert not _verify(bundle | {"leaf": changed}, tmp_path).holds


@pytest.fixture
def _deep() -> Iterator[None]:
    """As libraries do that recurse a lot: then Python's own limit no longer keeps its JSON parser on the stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("_deep")
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"{" * 100_000, b'[{"a":' * 50_000, b"\xff\xfe", b"\0"])
def test_what_is_no_bundle_is_refused(content: bytes, tmp_path: Path) -> None:
    assert [finding.kind for finding in _verify(content, tmp_path).findings] == ["proof"]


def test_a_missing_part_is_refused(tmp_path: Path) -> None:
    bundle = _bundle(honest_trail(), 7)
    for name in bundle:
        assert not _verify({key: value for key, value in bundle.items() if key != name}, tmp_path).holds
