"""Each kind of anchor takes checkpoints as it should, against real files and real servers, and says so when it does not."""

import email
import email.policy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from audit.anchors.base import AnchorFailed, AnchorRefused, Due, Note
from audit.anchors.configured import AnchorUnusable, anchor_files, anchors
from audit.anchors.files import FileAnchor
from audit.anchors.http import MAX_ANSWER, HttpAnchor
from audit.anchors.mail import MailAnchor
from audit.sealing.notes import Checkpoint, sign
from tests.audit.log import KEY, ORIGIN
from tests.audit.servers import http_server, mail_server

NOTES = [
    Note(number, ORIGIN, number, sign(Checkpoint(ORIGIN, number, bytes(32)), KEY, 1_800_000_000 + number).note)
    for number in range(4)
]


def due(*numbers: int, taken: int = 0) -> Due:
    def proof(old: int) -> list[bytes]:
        if old > numbers[-1]:
            raise ValueError
        return [bytes([old])] * 2 if old else []

    return Due([NOTES[number] for number in numbers], taken, proof)


def _file(numbers: Sequence[int]) -> str:
    return "".join(NOTES[number].text + "\n" for number in numbers)


def test_a_file_gets_every_checkpoint_with_a_blank_line_after_it(tmp_path: Path) -> None:
    anchor = FileAnchor("disk", tmp_path / "anchor")
    anchor.take(due(0, 1))
    anchor.take(due(2))
    assert anchor.path.read_text() == _file([0, 1, 2])


def test_a_file_does_not_get_twice_what_a_crash_made_us_repeat(tmp_path: Path) -> None:
    anchor = FileAnchor("disk", tmp_path / "anchor")
    anchor.take(due(0, 1))
    anchor.take(due(0, 1))
    anchor.take(due(1, 2))
    assert anchor.path.read_text() == _file([0, 1, 2])


@pytest.mark.parametrize("cut", [1, 2, 30, 200, 300, -1])
def test_part_of_a_note_is_taken_away_before_the_next(tmp_path: Path, cut: int) -> None:
    """The machine died in the middle of a write."""
    path = tmp_path / "anchor"
    path.write_text(_file([0]) + _file([1])[:cut])
    FileAnchor("disk", path).take(due(1, 2))
    assert path.read_text() == _file([0, 1, 2])


def test_a_file_that_is_no_anchor_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    path.write_bytes(b"something else\n" * 10_000)
    with pytest.raises(AnchorFailed, match="is it an anchor"):
        FileAnchor("disk", path).take(due(1))
    assert path.stat().st_size == 150_000


def test_a_full_disk_leaves_whole_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anchor = FileAnchor("disk", tmp_path / "anchor")
    anchor.take(due(0))
    whole = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda file, content: whole(file, content[:40]))
        with pytest.raises(AnchorFailed, match="no space"):
            anchor.take(due(1))
    assert anchor.path.read_text() == _file([0])


def test_a_file_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(AnchorFailed, match="cannot be written: No such file"):
        FileAnchor("disk", tmp_path / "not mounted" / "anchor").take(due(1))


def test_a_server_gets_the_checkpoint_with_its_proof_and_its_answer_is_kept() -> None:
    with http_server() as server:
        assert HttpAnchor("notary", server.url).take(due(1, 3, taken=2)) == "taken"
    assert server.received == [b"old 2\nAgI=\nAgI=\n\n".replace(b"AgI=", b"Ag==") + NOTES[3].text.encode()]


def test_a_server_that_knows_another_size_gets_the_proof_from_there() -> None:
    with http_server() as server:
        server.answers = [(409, "text/x.tlog.size", b"1\n"), (200, "text/plain", b"")]
        HttpAnchor("notary", server.url).take(due(3, taken=2))
    assert [body.split(b"\n")[0] for body in server.received] == [b"old 2", b"old 1"]


@pytest.mark.parametrize(
    ("answer", "reason", "refused"),
    [
        ((409, "text/x.tlog.size", b"9\n"), "it knows a log of 9 events, ours has 3", True),
        ((409, "text/x.tlog.size", b"2\n"), "answered 409", True),
        ((409, "text/x.tlog.size", b"-1\n"), "answered 409", True),
        ((409, "text/plain", b"another root\nwas signed"), "answered 409: another root was signed", True),
        ((422, "text/plain", b"it was rewritten"), "answered 422: it was rewritten", True),
        ((302, "text/plain", b""), "answered 302", False),
        ((500, "text/html", b"x" * 100_000), "answered 500: x{200}$", False),
    ],
)
def test_a_server_that_does_not_take_it_is_a_failure(answer: tuple[int, str, bytes], reason: str, refused: bool) -> None:
    with http_server() as server:
        server.answers = [answer]
        with pytest.raises(AnchorFailed, match=reason) as failed:
            HttpAnchor("notary", server.url).take(due(3, taken=2))
    assert isinstance(failed.value, AnchorRefused) == refused
    assert len(server.received) == 1


def test_only_the_beginning_of_an_answer_is_read() -> None:
    with http_server() as server:
        server.answers = [(200, "text/plain", b"x\0" * 1_000_000)]
        assert len(HttpAnchor("notary", server.url).take(due(3))) <= MAX_ANSWER


def test_a_server_that_is_not_there_is_a_failure_that_names_no_address() -> None:
    with pytest.raises(AnchorFailed, match="did not answer: ConnectError") as failed:
        HttpAnchor("notary", "http://user:secret@127.0.0.1:9/").take(due(1))
    assert "secret" not in str(failed.value)


def test_a_mailbox_gets_the_newest_checkpoint_to_the_byte(settings: Any) -> None:
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.DEFAULT_FROM_EMAIL = "127.0.0.1", server.port, "house@house.example"
        MailAnchor("auditors", "auditor@elsewhere.example", 3600).take(due(1, 3))
    message = email.message_from_bytes(server.received[0], policy=email.policy.default)
    assert (message["To"], message["From"]) == ("auditor@elsewhere.example", "house@house.example")
    assert message["Subject"] == f"Audit checkpoint of {ORIGIN}: 3 events"
    attached = [*message.iter_attachments()]
    assert [(part.get_filename(), part.get_content()) for part in attached] == [("checkpoint.txt", f"{NOTES[3].text}\n".encode())]
    body = message.get_body()
    assert body is not None
    assert NOTES[3].text in body.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("refuses", [True, False])
def test_a_mail_server_that_does_not_take_it_is_a_failure(settings: Any, refuses: bool) -> None:
    with mail_server(refuses=refuses) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port if refuses else 9
        with pytest.raises(AnchorFailed, match="mail server did not take it"):
            MailAnchor("auditors", "auditor@elsewhere.example", 3600).take(due(1))
    assert server.received == []


def test_anchors_come_from_the_settings(settings: Any) -> None:
    settings.AUDIT_ANCHORS = {
        "disk": "file:///mnt/a%20b",
        "box": "mailto:a@b.example",
        "notary": "https://n.example/add-checkpoint",
    }
    settings.AUDIT_MAIL_EVERY = 60
    found = anchors()
    assert [(anchor.name, anchor.kind, anchor.every_s) for anchor in found] == [
        ("disk", "file", 0),
        ("box", "mail", 60),
        ("notary", "http", 0),
    ]
    assert anchor_files() == [Path("/mnt/a b")]


@pytest.mark.parametrize("url", ["ftp://secret", "file://host/path", "file:relative", "mailto:secret", "https:///path", "secret"])
def test_an_address_that_leads_nowhere_is_refused_by_name_only(settings: Any, url: str) -> None:
    settings.AUDIT_ANCHORS = {"odd": url}
    with pytest.raises(AnchorUnusable, match="odd must be") as refused:
        anchors()
    assert "secret" not in str(refused.value)
