"""What goes over a line is handed on as it went, masked, whatever became of it."""

import json
from collections.abc import Iterator

import httpx
import pytest

from transfers.rails.bank import BankRail
from transfers.rails.base import Exchange, RetryableError, UnknownOutcome
from transfers.rails.evm import EvmRail
from transfers.rails.evm.client import JsonRpcClient
from transfers.rails.line import Line
from transfers.rails.masking import MASK, MOST, masked
from transfers.rails.psp import PspRail

TOKEN = "tok-3b1f"
RAW = "0x02f8" + "ab" * 150


def _answers(status: int, content: bytes) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers={"Retry-After": "7"}))


def test_an_answer_that_cannot_be_read_is_handed_on_with_every_byte() -> None:
    kept: list[Exchange] = []
    body = b"\x00\xff<html>" + TOKEN.encode()
    rail = PspRail("http://psp", TOKEN, transport=_answers(200, body), recorder=kept.append)
    with pytest.raises(UnknownOutcome):
        rail.capture("REF")
    (only,) = kept
    told = only.written()
    assert (only.provider, only.error, only.status) == ("psp", "", 200)
    assert told.operation == "POST /v1/payments/REF/capture"
    assert f"authorization: {MASK}" in told.request
    assert told.response.endswith(f"\\x00\\xff<html>{MASK}")
    assert TOKEN not in told.request + told.response


def test_a_refusal_and_a_silence_are_handed_on() -> None:
    kept: list[Exchange] = []

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    for transport in (_answers(429, b"slowly"), httpx.MockTransport(away)):
        with pytest.raises(RetryableError):
            BankRail("http://bank", TOKEN, transport=transport, recorder=kept.append).status("X")
    assert [(one.error, one.status) for one in kept] == [("HTTP 429", 429), ("ConnectError: nobody there", None)]
    assert kept[0].written().response == "HTTP 429\nretry-after: 7\n\nslowly"
    assert kept[1].written().response == ""


class _BreaksOff(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"<Document><half"
        raise httpx.ReadError("gone")


def test_of_an_answer_that_breaks_off_the_beginning_is_handed_on() -> None:
    kept: list[Exchange] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=_BreaksOff()))
    with Line("bank", kept.append, transport=transport) as line, pytest.raises(httpx.ReadError):
        line.get("http://bank/payments/1")
    assert kept[0].error == "ReadError: gone"
    assert kept[0].written().response.endswith("<Document><half")


def test_the_same_question_has_one_essence_though_its_number_and_the_head_differ() -> None:
    kept: list[Exchange] = []
    head = iter(range(100))

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        said = {"eth_blockNumber": hex(next(head)), "eth_chainId": "0x1"}
        return httpx.Response(200, json=[{"id": one["id"], "result": said.get(one["method"])} for one in asked])

    client = JsonRpcClient("http://node/secret-key", recorder=kept.append, transport=httpx.MockTransport(answer))
    rail = EvmRail("", 1, 3, client=client)
    assert [rail.find("0x" + "11" * 32).status for _ in range(2)] == ["unknown", "unknown"]
    _, first, second = [one.written() for one in kept]
    assert first.essence == second.essence
    assert first.request != second.request
    assert first.operation == "eth_getTransactionReceipt, eth_getTransactionByHash, eth_blockNumber"
    assert "secret-key" not in first.request


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"access_token": "abc", "token_contract": "0x1"}', f'{{"access_token": "{MASK}", "token_contract": "0x1"}}'),
        ('{"signature": "a\\"b"}', f'{{"signature": "{MASK}"}}'),
        ("Bearer abcdefgh-1", f"Bearer {MASK}"),
        ("https://me:word@node/x", f"https://{MASK}:{MASK}@node/x"),
        ("GET /x?after=1&api_key=abc", f"GET /x?after=1&api_key={MASK}"),
        ("<IBAN>SE3550000000054910000003</IBAN>", f"<IBAN>{'*' * 20}0003</IBAN>"),
        ("says SE3550000000054910000004, no account", "says SE3550000000054910000004, no account"),
        ("<Othr><Id>032180000118359719</Id>", f"<Othr><Id>{'*' * 14}9719</Id>"),
        ('"card": "4111111111111111"', f'"card": "{"*" * 12}1111"'),
        ('"amount": "4111111111111111"', '"amount": "4111111111111111"'),
        ('{"secret_key": "abc", "cvc": 123, "spin": 4}', f'{{"secret_key": "{MASK}", "cvc": "{MASK}", "spin": 4}}'),
        ('{"card_number": 4111111111111111, "x": 1}', f'{{"card_number": {"*" * 12}1111, "x": 1}}'),
        ('"iban": "se35 5000 0000 0549 1000 0003"', f'"iban": "{"*" * 25}0003"'),
        ('"account": "treasury"', '"account": "treasury"'),
    ],
)
def test_secrets_and_account_numbers_are_masked_and_nothing_else(text: str, kept: str) -> None:
    assert masked(text) == kept


def test_of_signed_bytes_the_hash_is_kept() -> None:
    told = masked(f'{{"raw": "{RAW}"}}')
    assert told.startswith('{"raw": "[152 signed bytes, hash 0x')
    assert "abab" not in told


def test_a_long_text_keeps_its_ends() -> None:
    told = masked(f"begin{'x' * 10 * MOST}end")
    assert told.startswith("begin")
    assert told.endswith("end")
    assert MOST < len(told) < MOST + 100
