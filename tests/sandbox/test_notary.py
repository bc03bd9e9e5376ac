"""The notary as the sealer meets it: it keeps what continues the log it knows, and refuses what does not."""

import base64
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from audit.anchors.base import AnchorFailed, Due, Note
from audit.anchors.http import HttpAnchor
from audit.sealing.keys import SigningKey
from audit.sealing.notes import Checkpoint, sign
from audit.sealing.proofs import consistency_proof
from audit.sealing.tree import Frontier, ReadHashes, leaf_hash
from audit.verifier import parse_keys
from backoffice.sandbox.notary.__main__ import own_key
from backoffice.sandbox.notary.book import Book
from backoffice.sandbox.notary.server import Server
from tests.sandbox.test_bank_process import free_port, wait_until_open

ORIGIN = "house.example/audit"
# Always the same: what they sign is in the names of tests.
KEY, THIEF = SigningKey(ORIGIN, bytes(range(32))), SigningKey(ORIGIN, bytes(32))
ELSEWHERE = SigningKey("other.example/log", bytes(32))


@dataclass(frozen=True)
class Tree:
    """A log in memory; `word` tells one history from another."""

    word: str = "honest"

    def read(self) -> ReadHashes:
        leaves = [leaf_hash(f"{self.word} {number}".encode()) for number in range(300)]
        nodes = {(0, number): value for number, value in enumerate(leaves)}
        nodes |= {(node.level, node.index): node.hash for node in Frontier().append(leaves)}
        return lambda level, start, end: [nodes[level, index] for index in range(start, end) if (level, index) in nodes]

    def note(self, size: int, key: SigningKey = KEY) -> str:
        grown = Frontier()
        grown.append(leaf_hash(f"{self.word} {number}".encode()) for number in range(size))
        return sign(Checkpoint(key.name, size, grown.root()), key, 1_800_000_000).note

    def due(self, size: int, taken: int) -> Due:
        return Due([Note(size, ORIGIN, size, self.note(size))], taken, lambda old: consistency_proof(self.read(), old, size))


@dataclass
class Notary:
    directory: Path
    url: str
    key: SigningKey

    @property
    def anchor(self) -> HttpAnchor:
        return HttpAnchor("notary", self.url)

    @property
    def kept(self) -> str:
        path = self.directory / "checkpoints.txt"
        return path.read_text() if path.exists() else ""

    def post(self, body: str) -> tuple[int, str, str]:
        answer = httpx.post(self.url, content=body.encode())
        return answer.status_code, answer.headers["Content-Type"].partition(";")[0], answer.text


@pytest.fixture
def notary(tmp_path: Path) -> Iterator[Notary]:
    key = own_key(tmp_path / "notary.key")
    server = Server(("127.0.0.1", 0), book=Book(tmp_path / "checkpoints.txt", parse_keys([str(KEY.public())])), key=key)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Notary(tmp_path, f"http://127.0.0.1:{server.server_port}/add-checkpoint", key)
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


def test_it_keeps_what_continues_the_log_and_signs_that_it_saw_it(notary: Notary) -> None:
    honest = Tree()
    for size, taken in ((0, 0), (1, 0), (1, 1), (7, 1), (256, 7), (300, 256)):
        receipt = notary.anchor.take(honest.due(size, taken))
        assert receipt.startswith("\u2014 notary.sandbox ")
    assert notary.kept == "".join(honest.note(size) + "\n" for size in (0, 1, 1, 7, 256, 300))
    signature = base64.b64decode(receipt.split(" ")[2])
    body = honest.note(300).partition("\n\n")[0] + "\n"
    assert notary.key.public().verify(
        signature[12:], f"cosignature/v1\ntime {int.from_bytes(signature[4:12], 'big')}\n{body}".encode()
    )


def test_it_tells_what_it_knows_when_asked_from_elsewhere(notary: Notary) -> None:
    honest = Tree()
    notary.anchor.take(honest.due(7, 0))
    assert notary.post(f"old 3\n\n{honest.note(9)}") == (409, "text/x.tlog.size", "7\n")
    notary.anchor.take(honest.due(9, 3))
    assert notary.kept == honest.note(7) + "\n" + honest.note(9) + "\n"


@pytest.mark.parametrize(
    ("due", "reason"),
    [
        (Tree("forged").due(9, 7), "answered 422: the log does not begin with the 7 events"),
        (Tree("forged").due(7, 7), "answered 409: another root was signed for the same 7 events"),
        (Tree("honest").due(6, 6), "it knows a log of 7 events, ours has 6"),
    ],
)
def test_it_refuses_a_log_that_was_rewritten(notary: Notary, due: Due, reason: str) -> None:
    notary.anchor.take(Tree().due(7, 0))
    before = notary.kept
    with pytest.raises(AnchorFailed, match=reason):
        notary.anchor.take(due)
    assert notary.kept == before
    notary.anchor.take(Tree().due(8, 7))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("old 0\n" + Tree().note(3), 400),
        ("old -1\n\n" + Tree().note(3), 400),
        ("old 0\nno base64!\n\n" + Tree().note(3), 400),
        ("old 0\n" + "AAAA\n" * 64 + "\n" + Tree().note(3), 400),
        ("old 4\n\n" + Tree().note(3), 400),
        ("old 0\n\n" + "x" * 70_000, 400),
        ("old 0\n\n" + Tree().note(3, ELSEWHERE), 404),
        ("old 0\n\n" + Tree().note(3, THIEF), 403),
        ("old 0\n\n" + Tree().note(3).replace("\n3\n", "\n4\n"), 403),
        ("old 1\n\n" + Tree().note(3), 409),
        ("old 0\nAAAA\n\n" + Tree().note(3), 409),
    ],
)
def test_it_refuses_what_is_no_submission(notary: Notary, body: str, status: int) -> None:
    assert notary.post(body)[0] == status
    assert notary.kept == ""


def test_anybody_may_compare(notary: Notary) -> None:
    notary.anchor.take(Tree().due(7, 0))
    there = notary.url.removesuffix("/add-checkpoint")
    assert httpx.get(f"{there}/checkpoints").text == notary.kept
    assert httpx.get(f"{there}/healthz").status_code == 200
    assert httpx.get(f"{there}/notary.key").status_code == 404
    assert httpx.post(f"{there}/elsewhere", content=b"x").status_code == 404


def test_a_killed_notary_remembers_and_stops_when_told_to(tmp_path: Path) -> None:
    (tmp_path / "log.vkey").write_text(f"{KEY.public()}\n")
    for size, taken in ((5, 0), (9, 5)):
        port = free_port()
        arguments = ["--port", str(port), "--data-dir", str(tmp_path / "notary"), "--log-key-file", str(tmp_path / "log.vkey")]
        environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
        command = [sys.executable, "-m", "backoffice.sandbox.notary", *arguments]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                wait_until_open(port)
                HttpAnchor("notary", f"http://127.0.0.1:{port}/add-checkpoint").take(Tree().due(size, taken))
                if taken:
                    with pytest.raises(AnchorFailed, match="does not begin"):
                        HttpAnchor("notary", f"http://127.0.0.1:{port}/add-checkpoint").take(Tree("forged").due(10, 9))
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(timeout=10) == 0
            finally:
                process.kill()
    assert (tmp_path / "notary" / "checkpoints.txt").read_text() == Tree().note(5) + "\n" + Tree().note(9) + "\n"
    assert oct((tmp_path / "notary" / "notary.key").stat().st_mode & 0o777) == "0o600"
