"""approvals.canonical: one payload has one spelling, and one changed byte is another payload."""

import hashlib
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from approvals import canonical
from approvals.errors import PayloadNotCanonical, PayloadTampered

_values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "é", "zz", ""]), inner, max_size=4),
    max_leaves=12,
)
_payloads = st.dictionaries(st.sampled_from(["amount", "to", "list", "ü"]), _values)


def test_it_writes_rfc_8785() -> None:
    assert (
        canonical.to_bytes({"b": 1, "a": "é", "c": [True, {"z": "", "y": -3}]})
        == '{"a":"é","b":1,"c":[true,{"y":-3,"z":""}]}'.encode()
    )


@given(_payloads)
def test_it_reads_back_what_it_wrote_and_writes_it_the_same_again(payload: dict[str, Any]) -> None:
    written = canonical.to_bytes(payload)
    read = canonical.read(written, canonical.digest_of(written))
    assert canonical.to_bytes(read) == written
    assert read == json.loads(written)


@given(_payloads)
def test_every_way_of_writing_gives_the_bytes_of_rfc_8785(payload: dict[str, Any]) -> None:
    written = canonical.to_bytes(payload)
    assert rfc8785.dumps(json.loads(written)) == written


@given(_payloads)
def test_the_order_of_keys_does_not_matter(payload: dict[str, Any]) -> None:
    assert canonical.to_bytes(dict(reversed(payload.items()))) == canonical.to_bytes(payload)


def test_two_spellings_of_one_letter_are_one_text() -> None:
    assert canonical.to_bytes({"name": "Jose\u0301"}) == canonical.to_bytes({"name": "Jos\u00e9"})


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"amount": 1.5}, "amount"),
        ({"a": {"b": [0, None]}}, "a.b[1]"),
        ({"amount": 2**53}, "amount"),
        ({"name": "\ud800"}, "name"),
        ({"a": {1: "x"}}, "a"),
        ({"a": {"\u00e9": 1, "e\u0301": 2}}, "a"),
        ({"a": b"x"}, "a"),
    ],
)
def test_it_refuses_what_has_no_single_spelling_and_names_the_place(payload: dict[str, Any], path: str) -> None:
    with pytest.raises(PayloadNotCanonical) as refusal:
        canonical.to_bytes(payload)
    assert refusal.value.path == path


def test_it_refuses_a_payload_that_is_no_object() -> None:
    with pytest.raises(PayloadNotCanonical):
        canonical.to_bytes(["a"])  # type: ignore[arg-type]


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_byte_stops_the_reader(position: int, change: int) -> None:
    written = canonical.to_bytes({"amount": "1000000", "to": "0xabc"})
    digest = canonical.digest_of(written)
    changed = bytearray(written)
    changed[position % len(written)] ^= change
    with pytest.raises(PayloadTampered):
        canonical.read(bytes(changed), digest)


def test_bytes_that_are_no_object_are_refused_even_with_their_own_digest() -> None:
    with pytest.raises(PayloadTampered):
        canonical.read(b"[]", hashlib.sha256(b"[]").digest())


def test_four_words_come_from_the_first_44_bits() -> None:
    # 0, 1, 2047 and 3 in eleven bits each, then zeros: the first, second, last and fourth word of BIP-39.
    number = (0 << 33 | 1 << 22 | 2047 << 11 | 3) << (256 - 44)
    assert canonical.words(number.to_bytes(32, "big")) == ("abandon", "ability", "zoo", "about")


def test_another_digest_gives_other_words() -> None:
    first, second = (canonical.words(hashlib.sha256(text).digest()) for text in (b"1", b"2"))
    assert first != second
