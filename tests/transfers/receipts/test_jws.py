"""The signed form of a receipt: one spelling, one algorithm, and nothing else verifies."""

import json
from typing import Any

import pytest

from audit.sealing.keys import SigningKey
from transfers.receipts import jws


def test_what_is_signed_in_another_way_or_form_is_refused(key: SigningKey) -> None:
    known = {"k": key.public().public}
    forged = [
        _signed(key, {"alg": "none", "kid": "k", "typ": jws.TYPE}, b"{}"),
        _signed(key, {"alg": "HS256", "kid": "k", "typ": jws.TYPE}, b"{}"),
        _signed(key, {"alg": "EdDSA", "kid": "k", "typ": "JWT"}, b"{}"),
        _signed(key, {"alg": "EdDSA", "kid": "k", "typ": jws.TYPE, "jwk": {}}, b"{}"),
        _signed(key, {"alg": "EdDSA", "kid": "k", "typ": jws.TYPE}, b'{"b":1,"a":2}'),
        _signed(key, {"alg": "EdDSA", "kid": "k", "typ": jws.TYPE}, b'{"a": 2}'),
        _signed(key, {"alg": "EdDSA", "kid": "k", "typ": jws.TYPE}, b'{"a":1,"a":2}'),
        _signed(key, {"alg": "EdDSA", "kid": "k", "typ": jws.TYPE}, b"[]"),
        _signed(key, {"alg": "EdDSA", "kid": "k", "typ": jws.TYPE}, b"{}") + "=",
        "", "a.b", "a.b.c.d", "..",
    ]  # fmt: skip
    for text in forged:
        with pytest.raises(jws.ReceiptRefused):
            jws.verified(text, known)
    assert jws.verified(_signed(key, {"alg": "EdDSA", "kid": "k", "typ": jws.TYPE}, b'{"a":2}'), known) == {"a": 2}


def _signed(key: SigningKey, header: dict[str, Any], payload: bytes) -> str:
    head = jws.encode(json.dumps(header, sort_keys=True, separators=(",", ":")).encode())
    message = f"{head}.{jws.encode(payload)}"
    return f"{message}.{jws.encode(key.sign(message.encode()))}"
