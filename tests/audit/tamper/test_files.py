"""What was exported or anchored can be spoiled afterwards, too: each file of a real export in several ways."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit.tamper.scene import Scene, kinds, offline, verdict

Spoil = Callable[[bytes], bytes]


def _lines(change: Callable[[list[bytes]], object]) -> Spoil:
    def spoil(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        change(lines)
        return b"".join(lines)

    return spoil


def _notes(change: Callable[[list[bytes]], object]) -> Spoil:
    def spoil(content: bytes) -> bytes:
        parts = content.split(b"\n\n")[:-1]
        notes = [first + b"\n\n" + second + b"\n\n" for first, second in zip(parts[::2], parts[1::2], strict=True)]
        change(notes)
        return b"".join(notes)

    return spoil


EVENTS: dict[str, Spoil] = {
    "a letter": lambda content: content.replace(b"maker", b"taker", 1),
    "a line removed": _lines(lambda lines: lines.pop(100)),
    "two lines exchanged": _lines(lambda lines: lines.insert(100, lines.pop(101))),
    "a line twice": _lines(lambda lines: lines.insert(100, lines[100])),
    "the end removed": _lines(lambda lines: lines.__delitem__(slice(-50, None))),
    "the last newline removed": lambda content: content[:-1],
    "carriage returns": lambda content: content.replace(b"\n", b"\r\n"),
    "one line of two": lambda content: content.replace(b"\\n", b"\n", 1),
    "null signs emptied": lambda content: content.replace(b"\t\\N\t", b"\t\t", 1),
    "nothing left": lambda content: content[:0],
    "something else": lambda content: content[::-1],
}
CHECKPOINTS: dict[str, Spoil] = {
    "one removed": _notes(lambda notes: notes.pop(15)),
    "two exchanged": _notes(lambda notes: notes.insert(15, notes.pop(16))),
    "cut in the middle of one": lambda content: content[:-150],
    "a letter": lambda content: content.replace(b"house", b"horse", 1),
    "nothing left": lambda content: content[:0],
}
ANCHORS: dict[str, Spoil] = {
    "a size": lambda content: content.replace(b"\n22\n", b"\n23\n", 1),
    "cut in the middle of one": lambda content: content[:-150],
    "a signature of another": _notes(
        lambda notes: notes.insert(0, notes[0].split(b"\n\n")[0] + b"\n\n" + notes[20].split(b"\n\n")[1])
    ),
    "two exchanged": _notes(lambda notes: notes.insert(15, notes.pop(16))),
    "an export in its place": lambda content: content.replace("—".encode(), b"-"),
}


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        *(pytest.param("events.tsv", spoil, id=f"events, {name}") for name, spoil in EVENTS.items()),
        *(pytest.param("checkpoints.txt", spoil, id=f"checkpoints, {name}") for name, spoil in CHECKPOINTS.items()),
        *(pytest.param("anchors", spoil, id=f"anchors, {name}") for name, spoil in ANCHORS.items()),
    ],
)
def test_a_spoiled_file_is_noticed(name: str, spoil: Spoil, scene: Scene, tmp_path: Path) -> None:
    directory, anchors = tmp_path / "export", tmp_path / "anchors"
    anchors.write_bytes(scene.anchors.read_bytes())
    assert offline(directory, [anchors]).findings == []
    path = anchors if name == "anchors" else directory / name
    before = path.read_bytes()
    path.write_bytes(spoil(before))
    assert path.read_bytes() != before
    assert kinds(verdict(directory, [anchors]))


def test_a_manifest_of_a_smaller_log_is_noticed(scene: Scene, tmp_path: Path) -> None:
    offline(tmp_path / "export")
    path = tmp_path / "export" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"size": 22}))
    assert kinds(verdict(tmp_path / "export")) == {"manifest"}
