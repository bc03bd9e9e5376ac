"""audit.sealing.keys and .notes: the C2SP forms, to the byte, and everything that is not quite one."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.sealing.keys import NoteRefused, PublicKey, SigningKey
from audit.sealing.notes import Checkpoint, open_note, sign
from audit.sealing.tree import EMPTY_ROOT

# The example of Go's note package: its key, its verifier key and the note it signs.
GO_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
# The example of C2SP tlog-cosignature.
WITNESSED = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

NAME = "house.example/audit"
# Always the same: they are in the names of tests.
KEY = SigningKey(NAME, bytes(range(32)))
OTHER = SigningKey(NAME, bytes(32))
SIGNED = sign(Checkpoint(NAME, 3, EMPTY_ROOT), KEY, 1_800_000_000)


def test_keys_are_those_of_the_go_package() -> None:
    key = SigningKey.parse(GO_SIGNER)
    assert str(key.public()) == GO_VERIFIER
    assert key.text() == GO_SIGNER
    assert PublicKey.parse(GO_VERIFIER) == key.public()
    assert key.plain_line(GO_TEXT) == f"\u2014 PeterNeumann {GO_SIGNATURE}\n"


def test_a_note_is_three_lines_a_blank_one_and_two_signatures() -> None:
    origin, size, root, blank, plain, timed, end = SIGNED.note.split("\n")
    assert (origin, size, blank, end) == (NAME, "3", "", "")
    assert base64.b64decode(root) == EMPTY_ROOT
    assert [line.split(" ")[:2] for line in (plain, timed)] == [["\u2014", NAME]] * 2
    signature = base64.b64decode(timed.split(" ")[2])
    assert signature[4:12] == (1_800_000_000).to_bytes(8, "big")
    message = f"cosignature/v1\ntime 1800000000\n{NAME}\n3\n{root}\n".encode()
    Ed25519PublicKey.from_public_bytes(KEY.public().public).verify(signature[12:], message)


def test_what_was_signed_is_read_back() -> None:
    assert open_note(SIGNED.note, [OTHER.public(), KEY.public()]) == SIGNED
    assert Checkpoint.parse(WITNESSED).body() == WITNESSED


def test_signatures_of_others_do_not_disturb() -> None:
    witness = SigningKey.generate("witness.example/w1")
    note = SIGNED.note + witness.timed_line(SIGNED.checkpoint.body(), 1_800_000_001)
    assert open_note(note, [KEY.public()]).checkpoint == SIGNED.checkpoint


def _lines(*numbers: int) -> str:
    return "\n".join(SIGNED.note.split("\n")[number] for number in numbers) + "\n"


@pytest.mark.parametrize(
    "note",
    [
        "",
        SIGNED.note[:-1],
        SIGNED.note.replace("\n3\n", "\n4\n"),
        SIGNED.note.replace("\n3\n", "\n03\n"),
        SIGNED.note.replace("\n3\n", "\n-3\n"),
        SIGNED.note.replace("\n3\n", "\n3\nextension\n"),
        SIGNED.note.replace("\n", "\r\n"),
        SIGNED.note.replace(NAME, "house.example/other"),
        SIGNED.note.replace("\u2014", "-"),
        SIGNED.note + "\n",
        _lines(0, 1, 2, 3, 4),
        _lines(0, 1, 2, 3, 5),
        _lines(0, 1, 2, 3),
        _lines(0, 1, 2, 4, 5),
        SIGNED.note + OTHER.plain_line("something else")[:-20] + "\n",
        SIGNED.note + KEY.plain_line("something else\n"),
        SIGNED.note + KEY.timed_line("something else\n", 1),
        sign(SIGNED.checkpoint, OTHER, 1).note,
        SIGNED.note + "x" * 70_000,
    ],
)
def test_what_is_not_quite_a_checkpoint_of_ours_is_refused(note: str) -> None:
    with pytest.raises(NoteRefused):
        open_note(note, [KEY.public()])


def test_another_time_on_the_same_signature_is_refused() -> None:
    lines = SIGNED.note.split("\n")
    signature = bytearray(base64.b64decode(lines[5].split(" ")[2]))
    signature[11] ^= 1
    lines[5] = f"\u2014 {NAME} {base64.b64encode(signature).decode()}"
    with pytest.raises(NoteRefused, match="timed signature"):
        open_note("\n".join(lines), [KEY.public()])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        GO_VERIFIER[:-4],
        GO_VERIFIER.replace("c74f20a3", "c74f20a4"),
        GO_VERIFIER.replace("PeterNeumann", "PeterNewman"),
        GO_VERIFIER.replace("+ARpc", "+Arpc"),
        GO_SIGNER,
    ],
)
def test_a_damaged_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        PublicKey.parse(text)


def test_a_damaged_signing_key_is_refused_without_showing_it() -> None:
    for text in (GO_SIGNER[:-8], GO_SIGNER.replace("c74f20a3", "c74f20a4"), GO_VERIFIER):
        with pytest.raises(NoteRefused) as refused:
            SigningKey.parse(text)
        assert "AYEKFALVF" not in str(refused.value)
    assert "AYEKFALVF" not in repr(SigningKey.parse(GO_SIGNER))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_breaks_the_form_makes_no_key(name: str) -> None:
    with pytest.raises(NoteRefused):
        SigningKey.generate(name)
