"""Exports on paper, honest and not: what the verifier says, and that it says the right thing."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.verifier import Report, parse_keys, verify_export
from tests.audit.trail import BEGIN_S, Signer, Trail, event, honest_trail, write_notes

SIGNER = Signer()
KEYS = parse_keys([SIGNER.vkey])


def _verify(trail: Trail, directory: Path, anchors: Sequence[bytes] = (), **limits: int) -> Report:
    files = [write_notes(directory.with_suffix(".anchors"), anchors)] if anchors else []
    return verify_export(trail.write(directory), KEYS, files, **limits)


def _kinds(report: Report) -> list[str]:
    return sorted({finding.kind for finding in report.findings})


def test_an_honest_export_holds(tmp_path: Path) -> None:
    trail = honest_trail()
    report = _verify(trail, tmp_path / "export", trail.notes, now=BEGIN_S + 60)
    assert (report.findings, report.holds) == ([], True)
    assert (report.events, report.checkpoints, report.anchored, report.signed_at) == (25, 7, 7, BEGIN_S + 55)


@pytest.mark.parametrize(("size", "every"), [(0, 1), (1, 1), (2, 2), (300, 7), (257, 256)])
def test_honest_exports_of_other_sizes_hold(size: int, every: int, tmp_path: Path) -> None:
    assert _verify(honest_trail(size, every=every), tmp_path / "export", max_gap_s=300).findings == []


def test_lines_longer_than_a_chunk_hold(tmp_path: Path) -> None:
    trail = Trail()
    for number in range(12):
        trail.events.append(event(number, reason="ü" * (number * 9000)))
        trail.seal(number)
    assert _verify(trail, tmp_path / "export").findings == []


def test_anchors_may_be_few_doubled_newer_than_the_export_and_in_many_files(tmp_path: Path) -> None:
    trail = honest_trail()
    trail.write(tmp_path / "export")
    newer = trail.seal(85)
    one = write_notes(tmp_path / "one", [trail.notes[2], trail.notes[2], newer])
    other = write_notes(tmp_path / "other", [trail.notes[2], trail.notes[5]])
    report = verify_export(tmp_path / "export", KEYS, [one, other, write_notes(tmp_path / "none", [])])
    assert (report.findings, report.anchored, report.signed_at) == ([], 5, BEGIN_S + 85)


def test_every_single_edit_of_an_event_is_found_and_located(tmp_path: Path) -> None:
    honest = honest_trail()
    for number in range(25):
        trail = Trail(list(honest.events), honest.notes)
        trail.events[number] = trail.events[number].replace(b"maker", b"other")
        report = _verify(trail, tmp_path / "export")
        block = number // 5 * 5
        assert _kinds(report) == ["root"]
        assert f"events {block + 1} to {block + 5} are not" in report.findings[0].message


def _swap(events: list[bytes]) -> None:
    events[7], events[8] = events[8], events[7]


EVENTS_SPOILED: dict[str, tuple[Callable[[list[bytes]], object], list[str]]] = {
    "removed": (lambda events: events.pop(7), ["cut", "root"]),
    "cut at the end": (lambda events: events.pop(), ["cut"]),
    "all gone": (lambda events: events.clear(), ["cut"]),
    "added at the end": (lambda events: events.append(event(25)), ["unsealed"]),
    "put between": (lambda events: events.insert(7, event(6, second=6.5)), ["root", "unsealed"]),
    "doubled": (lambda events: events.insert(7, events[6]), ["order", "root", "unsealed"]),
    "swapped": (_swap, ["order", "root"]),
    "reversed": (lambda events: events.reverse(), ["future", "order", "root"]),
    "backdated": (lambda events: events.__setitem__(20, event(20, second=-9000)), ["root"]),
    "postdated": (lambda events: events.__setitem__(20, event(20, second=90)), ["future", "root"]),
    "a column less": (lambda events: events.__setitem__(3, events[3].rpartition(b"\t")[0]), ["event", "root"]),
    "a column more": (lambda events: events.__setitem__(3, events[3] + b"\t"), ["event", "root"]),
    "a tab moved": (
        lambda events: events.__setitem__(3, events[3].replace(b"maker", b"mak\ter").replace(b"\t{}", b"{}")),
        ["root"],
    ),
    "another version": (lambda events: events.__setitem__(3, event(3, schema_version="2")), ["event", "root"]),
    "not UTF-8": (lambda events: events.__setitem__(3, events[3].replace(b"maker", b"\xff")), ["event", "root"]),
    "an empty line": (lambda events: events.__setitem__(3, b""), ["event", "root"]),
    "no time": (lambda events: events.__setitem__(20, event(20, recorded_at="tomorrow")), ["event", "root"]),
    "a time of nowhere": (lambda events: events.__setitem__(20, event(20, recorded_at="2026-11-20 12:00:20")), ["event", "root"]),
    "a monstrous number": (lambda events: events.__setitem__(20, event(20, txid="9" * 300)), ["event", "root"]),
    "a long name": (lambda events: events.__setitem__(20, event(20, db_user="x" * 300)), ["event", "root"]),
    "an older epoch": (lambda events: events.__setitem__(20, event(20, cluster_epoch="0")), ["order", "root"]),
    "an older transaction": (lambda events: events.__setitem__(20, event(20, txid="999")), ["order", "root"]),
}


@pytest.mark.parametrize(("spoil", "kinds"), EVENTS_SPOILED.values(), ids=EVENTS_SPOILED.keys())
def test_spoiled_events_are_found(spoil: Callable[[list[bytes]], object], kinds: list[str], tmp_path: Path) -> None:
    trail = honest_trail()
    spoil(trail.events)
    assert _kinds(_verify(trail, tmp_path / "export")) == kinds


@pytest.mark.parametrize(("spoil", "kinds"), EVENTS_SPOILED.values(), ids=EVENTS_SPOILED.keys())
def test_with_the_key_stolen_anchors_still_find_them(
    spoil: Callable[[list[bytes]], object], kinds: list[str], tmp_path: Path
) -> None:
    """The whole log made anew over the spoiled events, and signed: what was anchored before does not fit it."""
    honest, trail = honest_trail(), Trail()
    trail.events = list(honest.events)
    spoil(trail.events)
    events, trail.events = trail.events, []
    trail.seal(0)
    for number, line in enumerate(events):
        trail.events.append(line)
        trail.seal(number + 1)
    trail.seal(60)
    found = _kinds(_verify(trail, tmp_path / "export", honest.notes))
    assert {"root", "rollback", "removed"} & set(found) or kinds == ["unsealed"]


CHECKPOINTS_SPOILED: dict[str, tuple[Callable[[list[bytes]], object], list[str]]] = {
    "none": (lambda notes: notes.clear(), ["unsealed"]),
    "one removed": (lambda notes: notes.pop(3), ["removed"]),
    "the last removed": (lambda notes: notes.pop(), []),
    "the first removed": (lambda notes: notes.pop(0), ["removed"]),
    "swapped": (lambda notes: notes.insert(2, notes.pop(3)), ["backward", "removed"]),
    "size edited": (lambda notes: notes.__setitem__(3, notes[3].replace(b"\n15\n", b"\n14\n")), ["note", "removed"]),
    "of another log": (lambda notes: notes.append(Signer("other.example").note(25, bytes(32), BEGIN_S + 56)), ["note"]),
    "by another key": (lambda notes: notes.append(Signer(seed=b"x" * 32).note(25, bytes(32), BEGIN_S + 56)), ["note"]),
    "another root": (lambda notes: notes.append(SIGNER.note(25, bytes(32), BEGIN_S + 56)), ["fork", "root"]),
    "larger than the events": (lambda notes: notes.append(SIGNER.note(26, bytes(32), BEGIN_S + 56)), ["cut"]),
    "absurdly large": (lambda notes: notes.append(SIGNER.note(10**18, bytes(32), BEGIN_S + 56)), ["cut"]),
    "in the far future": (lambda notes: notes.append(SIGNER.note(10**18, bytes(32), 2**63 - 1)), ["cut", "future", "gap"]),
    "an hour of silence": (lambda notes: notes.append(SIGNER.note(26, bytes(32), BEGIN_S + 3655)), ["cut", "future", "gap"]),
    "garbage": (lambda notes: notes.append(b"\0\xff garbage"), ["note"]),
    "a megabyte of garbage": (lambda notes: notes.append(b"x" * 1_000_000), ["note"]),
    "blank lines": (lambda notes: notes.insert(3, b"\n\n\n"), []),
    "the last cut": (lambda notes: notes.__setitem__(-1, notes[-1][:-20]), ["note"]),
    "one doubled": (lambda notes: notes.insert(3, notes[3]), []),
}


@pytest.mark.parametrize(("spoil", "kinds"), CHECKPOINTS_SPOILED.values(), ids=CHECKPOINTS_SPOILED.keys())
def test_spoiled_checkpoints_are_found(spoil: Callable[[list[bytes]], object], kinds: list[str], tmp_path: Path) -> None:
    trail = honest_trail()
    anchors = list(trail.notes)
    spoil(trail.notes)
    assert _kinds(_verify(trail, tmp_path / "export", anchors, now=BEGIN_S + 60)) == kinds


def test_anchors_of_a_longer_past_show_that_the_end_was_cut_or_an_old_state_put_back(tmp_path: Path) -> None:
    longer, shorter = honest_trail(25), honest_trail(15)
    shorter.notes.pop()
    report = _verify(shorter, tmp_path / "export", longer.notes)
    assert _kinds(report) == ["rollback"]
    assert "the export ends after 15" in report.findings[0].message


def test_a_past_put_back_and_lived_again_is_found(tmp_path: Path) -> None:
    anchors, trail = honest_trail(25).notes, honest_trail(15)
    trail.notes.pop()
    for number in range(15, 40):
        trail.events.append(event(number, second=number + 60, reason="the second time"))
        trail.seal(number + 61)
    assert _kinds(_verify(trail, tmp_path / "export", anchors)) == ["backward", "fork", "future", "removed", "root"]


def test_two_anchored_futures_of_one_log_are_found(tmp_path: Path) -> None:
    trail, other = honest_trail(25), honest_trail(20)
    other.events.append(event(20, reason="told to somebody else"))
    forked = other.seal(21)
    ours = trail.signer.note(21, bytes(32), BEGIN_S + 21)
    report = _verify(trail, tmp_path / "export", [*trail.notes[:5], *sorted((forked, ours))])
    assert _kinds(report) == ["fork", "removed", "root"]


def _rotated(*signers: Signer) -> Trail:
    trail = Trail()
    for number, signer in enumerate(signers):
        trail.signer = signer
        trail.events.append(event(number))
        trail.seal(number + 1)
    return trail


def test_a_log_may_change_its_key_and_never_goes_back_to_an_old_one(tmp_path: Path) -> None:
    old, new = Signer(), Signer(seed=b"n" * 32)
    keys = parse_keys([new.vkey, old.vkey])
    assert verify_export(_rotated(old, old, new, new).write(tmp_path / "export"), keys).findings == []
    in_one_second = _rotated(old)
    for signer in (old, new, new):
        in_one_second.signer = signer
        in_one_second.seal(2)
    anchors = [write_notes(tmp_path / name, in_one_second.notes) for name in ("one", "two")]
    assert verify_export(in_one_second.write(tmp_path / "export"), keys, anchors).findings == []
    assert _kinds(verify_export(_rotated(old, new, old, new).write(tmp_path / "export"), keys)) == ["key"]
    assert _kinds(verify_export(_rotated(old, new).write(tmp_path / "export"), keys[:1])) == ["note"]
    assert _kinds(verify_export(_rotated(old, new).write(tmp_path / "export"), keys[1:])) == ["manifest", "note", "unsealed"]


def test_silence_up_to_now_is_a_gap(tmp_path: Path) -> None:
    trail = honest_trail()
    assert _kinds(_verify(trail, tmp_path / "export", now=BEGIN_S + 55 + 120)) == []
    assert _kinds(_verify(trail, tmp_path / "export", now=BEGIN_S + 55 + 121)) == ["gap"]
    assert _kinds(_verify(trail, tmp_path / "export", max_gap_s=29)) == ["gap"]
    assert _kinds(_verify(trail, tmp_path / "export", now=BEGIN_S)) == ["future"]


def test_events_older_than_the_log_may_have_waited_for_it_and_no_others(tmp_path: Path) -> None:
    trail = Trail([event(number, second=number - 90_000) for number in range(10)])
    trail.seal(0)
    trail.events += [event(10, second=-80_000), event(11, second=1)]
    trail.seal(60)
    assert _verify(trail, tmp_path / "export").findings == []
    for minute in range(2, 62):
        trail.seal(minute * 60)
    trail.events.append(event(12, second=-70_000))
    trail.seal(3720)
    assert _kinds(_verify(trail, tmp_path / "export")) == ["late"]
    assert _verify(trail, tmp_path / "export", max_lag_s=4000).findings == []


MANIFEST_SPOILED = [
    {"format": "countersign-audit/2"},
    {"origin": "other.example"},
    {"vkey": Signer(seed=b"x" * 32).vkey},
    {"size": 24},
    {"size": "25"},
    {"columns": []},
    {"columns": ["recorded_at", "id"]},
]


@pytest.mark.parametrize("changed", MANIFEST_SPOILED, ids=str)
def test_a_manifest_that_tells_something_else_is_found(changed: dict[str, object], tmp_path: Path) -> None:
    def edit(directory: Path) -> None:
        path = directory / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changed))

    assert _kinds(verify_export(honest_trail().write(tmp_path / "export", spoil=edit), KEYS)) == ["manifest"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 200_000, b"\xff", b"7", b'{"size": %s}' % (b"9" * 9000)])
def test_a_manifest_that_is_none_is_found(content: bytes, tmp_path: Path) -> None:
    directory = honest_trail().write(tmp_path / "export")
    (directory / "manifest.json").write_bytes(content)
    assert _kinds(verify_export(directory, KEYS)) == ["manifest"]


@pytest.mark.parametrize("name", ["manifest.json", "events.tsv", "checkpoints.txt"])
def test_a_missing_file_is_no_verdict(name: str, tmp_path: Path) -> None:
    directory = honest_trail().write(tmp_path / "export")
    (directory / name).unlink()
    with pytest.raises(OSError, match=name):
        verify_export(directory, KEYS)
    shutil.rmtree(directory)
    with pytest.raises(OSError):
        verify_export(directory, KEYS)


def test_a_line_cut_in_the_middle_is_found(tmp_path: Path) -> None:
    directory = honest_trail().write(tmp_path / "export")
    whole = (directory / "events.tsv").read_bytes()
    (directory / "events.tsv").write_bytes(whole[:-1])
    assert _kinds(verify_export(directory, KEYS)) == ["truncated"]
    (directory / "events.tsv").write_bytes(whole[:-40])
    assert _kinds(verify_export(directory, KEYS)) == ["event", "root", "truncated"]
    (directory / "events.tsv").write_bytes(b"\0" * 3_000_000)
    assert _kinds(verify_export(directory, KEYS)) == ["cut", "event", "manifest", "truncated"]


_spoiling = st.tuples(
    st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40) | st.sampled_from([b"\n", b"\t", b"\n\n", b"\xff"])
)


@given(st.sampled_from(["manifest.json", "events.tsv", "checkpoints.txt"]), _spoiling)
def test_a_spoiled_file_is_judged_and_upsets_nothing(name: str, spoiling: tuple[float, int, bytes]) -> None:
    """Some bytes of one file are replaced by others. Only white space can go unnoticed."""
    where, length, new = spoiling
    with TemporaryDirectory() as temporary:
        directory = honest_trail().write(Path(temporary) / "export")
        old = (directory / name).read_bytes()
        start = int(where * len(old))
        changed = old[:start] + new + old[start + length :]
        (directory / name).write_bytes(changed)
        assert not verify_export(directory, KEYS).holds or changed.split() == old.split()


def test_findings_are_bounded_however_much_is_wrong(tmp_path: Path) -> None:
    trail = honest_trail()
    trail.events = [b"nonsense"] * 5000
    assert len(_verify(trail, tmp_path / "export").findings) == 1000
