"""Keys and checkpoints as the verifier reads them: C2SP signed-note, tlog-checkpoint and tlog-cosignature."""

import base64

import pytest

from audit.verifier import CannotCheck, parse_key, parse_keys, parse_note
from tests.audit.rfc9162 import root_of
from tests.audit.trail import ORIGIN, Signer

# From the tests of Go's golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
# A real checkpoint of the transparency-dev witness tests, signed in the plain way only.
MONKEYS_VKEY = "monkeys+db4d9f7e+AULaJMvTtDLHPUcUrjdDad9vDlh/PTfC2VV60JUtCfWT"
MONKEYS_BODY = b"monkeys\n5\n41smjBUiAU70EtKlT6lIOIYtRTYxYXsDB+XHfcvu/BE=\n"
MONKEYS_LINE = "— monkeys 202fftzGl3LVoqjXfwCFZZXs8I+5G22+Ek2K0AOyBuSJ/8/CZawNF+6fNlTKOCd622pbzJNkkJFWuw9DbicZCkEx9AY=\n"

ROOT = root_of([b"one", b"two"])
SIGNER = Signer()
KEYS = parse_keys([SIGNER.vkey])
NOTE = SIGNER.note(2, ROOT, 1_795_000_000)
BODY = NOTE[: NOTE.index(b"\n\n") + 1]
PLAIN, TIMED = SIGNER.plain(BODY), SIGNER.timed(BODY, 1_795_000_000)
WITNESS = Signer("witness.example/w1", b"w" * 32)


def test_the_signer_of_these_tests_signs_as_go_does() -> None:
    peter = Signer("PeterNeumann", GO_SEED)
    assert (peter.vkey, peter.plain(GO_TEXT)) == (GO_VKEY, GO_LINE.encode())
    assert parse_key(GO_VKEY).plain_id.hex() == "c74f20a3"


def test_a_checkpoint_of_another_implementation_is_read_and_its_signature_verified() -> None:
    key = parse_key(MONKEYS_VKEY)
    signature = base64.b64decode(MONKEYS_LINE.split()[2])
    assert signature[:4] == key.plain_id
    key.public.verify(signature[4:], MONKEYS_BODY)
    with pytest.raises(ValueError, match="both ways"):
        parse_note(MONKEYS_BODY + b"\n" + MONKEYS_LINE.encode(), [key])


def test_a_checkpoint_says_size_time_and_root() -> None:
    seen = parse_note(NOTE, KEYS, rank=3, where="here")
    assert (seen.size, seen.signed_at, seen.root, seen.rank, seen.where) == (2, 1_795_000_000, ROOT, 3, "here")


@pytest.mark.parametrize("lines", [PLAIN + TIMED, TIMED + PLAIN, WITNESS.timed(BODY, 7) + PLAIN + TIMED + WITNESS.plain(BODY)])
def test_the_order_of_signatures_does_not_matter_and_witnesses_are_welcome(lines: bytes) -> None:
    assert parse_note(BODY + b"\n" + lines, KEYS).size == 2


def test_a_signature_with_our_name_and_another_key_is_ignored() -> None:
    stranger = Signer(seed=b"x" * 32)
    assert parse_note(BODY + b"\n" + stranger.plain(BODY) + PLAIN + TIMED, KEYS).size == 2
    assert stranger.key_id(1) != SIGNER.key_id(1)


ZEROS = bytes(64)
BROKEN_SIGNATURES = {
    "none": b"",
    "plain only": PLAIN,
    "timed only": TIMED,
    "witness only": WITNESS.plain(BODY) + WITNESS.timed(BODY, 7),
    "plain twice": PLAIN + PLAIN + TIMED,
    "timed twice, at different times": PLAIN + TIMED + SIGNER.timed(BODY, 1_795_000_001),
    "plain of another body": SIGNER.plain(BODY.replace(b"\n2\n", b"\n3\n")) + TIMED,
    "timed of another body": PLAIN + SIGNER.timed(BODY.replace(b"\n2\n", b"\n3\n"), 1_795_000_000),
    "the plain one passed off as timed": PLAIN + SIGNER.line(4, (7).to_bytes(8, "big") + base64.b64decode(PLAIN.split()[2])[4:]),
    "zeros": SIGNER.line(1, ZEROS) + TIMED,
    "zeros as timed": PLAIN + SIGNER.line(4, bytes(8) + ZEROS),
    "too short": SIGNER.line(1, b"x") + TIMED,
    "empty": SIGNER.line(1, b"") + SIGNER.line(4, b""),
    "too long": SIGNER.line(1, base64.b64decode(PLAIN.split()[2])[4:] + b"\0") + TIMED,
    "no base64": PLAIN + TIMED.replace(b" ", b" !", 2),
    "a line without its newline": PLAIN + TIMED[:-1],
    "a line without its dash": PLAIN + TIMED.removeprefix("— ".encode()),
    "a line too many": PLAIN + TIMED + b"and more\n",
    "something behind": PLAIN + TIMED + b"\n",
}


@pytest.mark.parametrize("lines", BROKEN_SIGNATURES.values(), ids=BROKEN_SIGNATURES.keys())
def test_a_note_without_both_signatures_is_refused(lines: bytes) -> None:
    with pytest.raises(ValueError):
        parse_note(BODY + b"\n" + lines, KEYS)


def test_a_signed_time_cannot_be_moved() -> None:
    raw = base64.b64decode(TIMED.split()[2])
    moved = SIGNER.line(4, (1_795_000_060).to_bytes(8, "big") + raw[12:])
    with pytest.raises(ValueError, match="false"):
        parse_note(BODY + b"\n" + PLAIN + moved, KEYS)


def test_no_bit_of_a_note_can_be_turned() -> None:
    """In the name of a key a turned bit only makes a stranger's signature, and then ours is missing."""
    for position in range(len(NOTE)):
        for bit in (1, 128):
            turned = NOTE[:position] + bytes([NOTE[position] ^ bit]) + NOTE[position + 1 :]
            with pytest.raises(ValueError):
                parse_note(turned, KEYS)


@pytest.mark.parametrize(
    "body",
    [
        b"%s\n02\n%s\n" % (ORIGIN.encode(), base64.b64encode(ROOT)),
        b"%s\n-2\n%s\n" % (ORIGIN.encode(), base64.b64encode(ROOT)),
        b"%s\n2 \n%s\n" % (ORIGIN.encode(), base64.b64encode(ROOT)),
        b"%s\n%s\n%s\n" % (ORIGIN.encode(), b"9" * 5000, base64.b64encode(ROOT)),
        b"%s\n\xd9\xa2\n%s\n" % (ORIGIN.encode(), base64.b64encode(ROOT)),
        b"%s\n2\n%s\n" % (ORIGIN.encode(), base64.b64encode(ROOT[:-1])),
        b"%s\n2\n%s\n" % (ORIGIN.encode(), base64.b64encode(ROOT + b"\0")),
        b"%s\n2\n%s\n" % (ORIGIN.encode(), base64.urlsafe_b64encode(b"\xff" * 32)),
        b"%s\n2\n%s\n" % (ORIGIN.encode(), base64.b64encode(b"\0" * 32)[:-2] + b"B="),
        b"%s\n2\n%s\nan extension\n" % (ORIGIN.encode(), base64.b64encode(ROOT)),
        b"%s\n2\n" % ORIGIN.encode(),
        b"%s\n2\r\n%s\n" % (ORIGIN.encode(), base64.b64encode(ROOT)),
        b"other.example/audit\n2\n%s\n" % base64.b64encode(ROOT),
        b"\n2\n%s\n" % base64.b64encode(ROOT),
        b"\xff\n2\n%s\n" % base64.b64encode(ROOT),
        b"",
        b"\n",
    ],
)
def test_a_body_that_is_no_checkpoint_is_refused_however_well_signed(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_note(body + b"\n" + SIGNER.plain(body) + SIGNER.timed(body, 5), KEYS)


def test_a_witness_with_an_odd_name_does_not_upset_the_reader() -> None:
    for name in ("w\u2028x", "w\x85x", "—", "ü", "w\N{NO-BREAK SPACE}x"):
        assert parse_note(BODY + b"\n" + Signer(name).plain(BODY) + PLAIN + TIMED, KEYS).size == 2


def test_every_part_of_a_key_counts() -> None:
    assert parse_key(f" {GO_VKEY}\n").name == "PeterNeumann"
    for start in range(len(GO_VKEY) + 1):
        for end in range(start, len(GO_VKEY) + 1):
            if (start, end) != (0, len(GO_VKEY)):
                with pytest.raises(CannotCheck):
                    parse_key(GO_VKEY[start:end])
    for position in range(len(GO_VKEY)):
        with pytest.raises(CannotCheck):
            parse_key(GO_VKEY[:position] + chr(ord(GO_VKEY[position]) + 1) + GO_VKEY[position + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "++",
        "a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+\N{EM DASH}",
        "\ud800+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_what_only_looks_like_a_key_is_refused(vkey: str) -> None:
    with pytest.raises(CannotCheck):
        parse_key(vkey)


def test_keys_of_two_logs_are_not_the_keys_of_one() -> None:
    assert [key.name for key in parse_keys([SIGNER.vkey, Signer(seed=b"x" * 32).vkey])] == [ORIGIN, ORIGIN]
    for vkeys in ([SIGNER.vkey, WITNESS.vkey], [SIGNER.vkey, "x"], []):
        with pytest.raises(CannotCheck):
            parse_keys(vkeys)
