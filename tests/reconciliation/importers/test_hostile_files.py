"""Files made to hurt, and files damaged on their way: each is read or refused with a line, soon, and nothing is fetched."""

import random
import time
from pathlib import Path

import pytest

from reconciliation.importers import registry, xmlfile
from reconciliation.importers.base import Refused
from reconciliation.importers.facts import facts
from tests.reconciliation.corpus import content, needs_corpus
from tests.reconciliation.statement_files import document, entry, statement, transaction

GOOD = document(statement([entry(details=transaction("10.00", refs="<EndToEndId>A</EndToEndId>"))] * 4, closing="140.00"))
SECONDS = 2.0


def read_or_refuse(data: bytes) -> Refused | None:
    try:
        facts(registry.read(data))
    except Refused as refusal:
        return refusal
    return None


def outcome(data: bytes) -> str:
    """Read or refused, in bounded time; anything else fails the test that asks."""
    started = time.monotonic()
    refusal = read_or_refuse(data)
    assert time.monotonic() - started < SECONDS
    if refusal is None:
        return "read"
    assert refusal.line >= 1
    assert refusal.reason
    return "refused"


def with_doctype(doctype: str) -> bytes:
    return GOOD.replace(b"\n<Document", f"\n{doctype}\n<Document".encode(), 1)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE Document [<!ENTITY a "x">]>',
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!doctype Document [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        "<!DOCTYPE Document [" + "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(20)) + "]>",
    ],
)
def test_a_dtd_is_refused_where_it_stands(doctype: str) -> None:
    with pytest.raises(Refused, match="DTD") as refusal:
        registry.read(with_doctype(doctype))
    assert refusal.value.line == 2


def test_a_dtd_hidden_in_another_encoding_is_refused_too(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("<Ntry>secret</Ntry>")
    text = (
        with_doctype(f'<!DOCTYPE Document [<!ENTITY a SYSTEM "file://{secret}">]>')
        .decode()
        .replace('encoding="UTF-8"', 'encoding="UTF-16"')
    )
    with pytest.raises(Refused, match="DTD"):
        registry.read(text.encode("utf-16"))


def test_a_statement_in_another_encoding_is_read() -> None:
    assert outcome(GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16")) == "read"
    assert outcome(b"\xef\xbb\xbf" + GOOD) == "read"


@pytest.mark.parametrize("size", [xmlfile.MAX_BYTES + 1])
def test_a_file_beyond_the_limit_is_not_even_parsed(size: int) -> None:
    with pytest.raises(Refused, match="at most"):
        registry.read(b"<" + b"a" * size)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n ",
        b"\x00" * 1000,
        b"<",
        b"<a>" * 10_000,
        b"<Document>" + b"<a>" * 300 + b"</a>" * 300 + b"</Document>",
        b"<Document " + b" ".join(b'a%d="b"' % number for number in range(20_000)) + b"/>",
        b'<?xml version="1.0" encoding="no-such-encoding"?><Document/>',
        GOOD.replace(b"<Id>S1</Id>", b"<Id>" + b"x" * 11_000_000 + b"</Id>"),
        GOOD.replace(b"10.00", b"1" * 100_000 + b".00"),
        GOOD.replace(b"2026-10-01", b"9" * 100_000),
        b"\xff\xfe" + bytes(range(256)) * 10,
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_garbage_is_refused_soon(data: bytes) -> None:
    assert outcome(data) == "refused"


def test_every_truncation_of_a_statement_is_refused() -> None:
    ends = len(GOOD.rstrip())
    assert {outcome(GOOD[:length]) for length in range(0, ends, 7)} == {"refused"}


def mutations(data: bytes, count: int, seed: int) -> list[bytes]:
    """Deterministic damage: bits flipped, bytes lost, doubled, swapped or overwritten with markup."""
    source = random.Random(seed)
    spots = [b"<", b">", b"&", b"&#0;", b"]]>", b"\x00", b"\xff", b"<!--", b"NaN", b"-1", b"9999-99-99", b"<Ntry/>"]
    made = []
    for number in range(count):
        at = source.randrange(len(data))
        length = source.randrange(1, 30)
        kinds = (
            data[:at] + bytes([data[at] ^ (1 << source.randrange(8))]) + data[at + 1 :],
            data[:at] + data[at + length :],
            data[:at] + data[at : at + length] * 2 + data[at + length :],
            data[:at] + source.choice(spots) + data[at:],
            data[:at] + bytes(source.randrange(256) for _ in range(length)) + data[at + length :],
        )
        made.append(kinds[number % len(kinds)])
    return made


def test_three_hundred_damaged_statements_are_each_read_or_refused() -> None:
    outcomes = [outcome(data) for data in mutations(GOOD, 300, seed=20261121)]
    assert set(outcomes) == {"read", "refused"}
    assert outcomes.count("refused") > 150


@needs_corpus
@pytest.mark.parametrize(
    "name",
    [
        "camt/camtrb_053_valid_example_v4.xml",
        "camt/iso20022js_ing_example_camt.xml",
        "camt/subite_053_2024-03-07.xml",
        "camt/oca_test-camt053.xml",
    ],
)
def test_damaged_files_of_real_banks_are_each_read_or_refused(name: str) -> None:
    assert {outcome(data) for data in mutations(content(name), 150, seed=7)} <= {"read", "refused"}
