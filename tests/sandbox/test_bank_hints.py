"""Hints: signed, repeated until taken, each under its own id."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from lxml import etree
from standardwebhooks import Webhook

from backoffice.sandbox.bank.hints import Deliverer
from tests.sandbox.bank_office import DELAY, Office
from tests.sandbox.orders import order

SECRET = "whsec_" + "c2VjcmV0LWZvci10ZXN0cy1vbmx5LTI0Yg=="


class Receiver:
    """A listener that answers with the next of the given statuses and keeps what it got."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers.items()), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/nordbank"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    thread = threading.Thread(target=listening.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield listening
    listening.server.shutdown()
    thread.join()
    listening.server.server_close()


def settle(office: Office, http: httpx.Client) -> None:
    http.post("/payments", content=order())
    office.pass_time(DELAY)
    office.pass_time(DELAY)


def test_every_change_of_status_is_hinted_with_a_valid_signature(office: Office, http: httpx.Client, receiver: Receiver) -> None:
    settle(office, http)
    assert office.clerk.deliver(Deliverer(receiver.url, SECRET)) is None
    assert len(receiver.got) == 3
    for headers, body in receiver.got:
        Webhook(SECRET).verify(body, headers, json_parse=False)
    for headers, body in (got for got in receiver.got if got[0]["Content-Type"] == "application/json"):
        told = json.loads(body)
        assert (told["type"], told["data"], told["id"]) == ("payment.status", {"end_to_end_id": "E1"}, headers["webhook-id"])
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3


def test_a_booking_is_announced_by_a_notice(office: Office, http: httpx.Client, receiver: Receiver) -> None:
    settle(office, http)
    office.clerk.deliver(Deliverer(receiver.url, SECRET))
    (notice,) = [body for headers, body in receiver.got if headers["Content-Type"] == "application/xml"]
    root = etree.fromstring(notice)
    assert root.tag == "{urn:iso:std:iso:20022:tech:xsd:camt.054.001.08}Document"
    entry = root.find("{*}BkToCstmrDbtCdtNtfctn/{*}Ntfctn/{*}Ntry")
    assert entry is not None
    assert [entry.findtext(path) for path in ("{*}Amt", "{*}CdtDbtInd", "{*}NtryDtls/{*}TxDtls/{*}Refs/{*}EndToEndId")] == [
        "100.00",
        "DBIT",
        "E1",
    ]


def test_a_hint_that_was_not_taken_is_repeated_under_the_same_id(office: Office, http: httpx.Client, receiver: Receiver) -> None:
    settle(office, http)
    deliverer = Deliverer(receiver.url, SECRET)
    receiver.statuses = [500, 202]
    assert office.clerk.deliver(deliverer) == 1.0
    office.now += 1
    assert office.clerk.deliver(deliverer) is None
    first, *_, again = receiver.got
    assert first[0]["webhook-id"] == again[0]["webhook-id"]
    assert first[1] == again[1]


def test_nobody_listening_does_not_stop_the_bank_and_pauses_double(office: Office, http: httpx.Client, receiver: Receiver) -> None:
    settle(office, http)
    deliverer = Deliverer("http://127.0.0.1:1/hooks/nordbank", SECRET)
    pauses = []
    for _ in range(5):
        pause = office.clerk.deliver(deliverer)
        assert pause is not None
        pauses.append(pause)
        office.now += pause
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_hint_is_given_up_in_the_end(office: Office, http: httpx.Client) -> None:
    settle(office, http)
    deliverer = Deliverer("http://127.0.0.1:1/", SECRET)
    rounds = 0
    while (pause := office.clerk.deliver(deliverer)) is not None:
        office.now += pause
        rounds += 1
    assert rounds == 11
    with office.books.transaction() as rows:
        assert rows.execute("SELECT count(*) FROM hint WHERE delivered_at IS NULL").fetchone()[0] == 3


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "nowhere", ""])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="http address"):
        Deliverer(url, SECRET)


def in_turn(receiver: Receiver) -> list[str]:
    """The ids of what came, in the order in which it did."""
    return [headers["webhook-id"] for headers, _ in receiver.got]


@pytest.mark.parametrize(("kind", "comes_later"), [("hint_lost", False), ("hint_late", True)])
def test_a_hint_may_be_lost_or_late(office: Office, http: httpx.Client, receiver: Receiver, kind: str, comes_later: bool) -> None:
    http.post("/sandbox/faults", json={"kind": kind})
    settle(office, http)
    deliverer = Deliverer(receiver.url, SECRET)
    office.clerk.deliver(deliverer)
    assert len(receiver.got) == 2
    office.now += 31
    assert office.clerk.deliver(deliverer) is None
    assert len(receiver.got) == (3 if comes_later else 2)


def test_a_hint_may_be_overtaken_by_the_next(office: Office, http: httpx.Client, receiver: Receiver) -> None:
    http.post("/sandbox/faults", json={"kind": "hint_reorder"})
    settle(office, http)
    with office.books.transaction() as rows:
        queued = [row["id"] for row in rows.execute("SELECT id FROM hint ORDER BY next_at, rowid")]
    office.clerk.deliver(Deliverer(receiver.url, SECRET))
    assert in_turn(receiver) == [queued[1], queued[0], queued[2]]
