"""One call: pinned, checked, bounded. Against real servers on this machine, over HTTP and HTTPS."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from tests.transfers.outbox.receivers import Authority, Receiver, Reply, receiver
from transfers.outbox.calling import MAX_ANSWER_BYTES, Answer, Caller
from transfers.outbox.destinations import Rules, may_call

SANDBOX = Rules(loopback=True)


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@dataclass
class Names:
    """A name server that says one thing first and another later."""

    answers: list[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def post(url: str, caller: Caller | None = None) -> Answer:
    return (caller or Caller(SANDBOX)).post(url, headers={"webhook-id": "1"}, body=b"{}")


def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.0/8 stands for the open internet: what is tested is the way there, not the list."""
    monkeypatch.setattr("transfers.outbox.destinations.may_call", lambda address, _rules: str(address).startswith("127."))


def test_it_posts_and_keeps_the_first_of_the_answer(server: Receiver) -> None:
    server.usual = Reply(202, "ja\x00 \u00fcber".encode())
    answer = post(server.url + "?a=b")
    assert (answer.status, answer.is_taken, answer.address, answer.error) == (202, True, "127.0.0.1", "")
    assert answer.text == "ja\ufffd \u00fcber"
    (message,) = server.messages
    assert (message.path, message.body) == ("/hooks?a=b", b"{}")
    assert message.headers["content-type"] == "application/json"
    assert message.headers["host"] == f"127.0.0.1:{server.port}"


def test_it_knows_no_proxy_of_the_environment(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(server.url).is_taken


def test_a_redirect_is_not_followed(server: Receiver) -> None:
    with receiver() as inside:
        server.usual = Reply(307, headers={"Location": inside.url})
        answer = post(server.url)
        assert (answer.status, answer.is_taken) == (307, False)
        assert inside.messages == []


def test_the_name_is_resolved_once_and_what_it_says_later_does_not_count(monkeypatch: pytest.MonkeyPatch, server: Receiver) -> None:
    public(monkeypatch)
    names = Names([["127.0.0.1"], ["10.0.0.1"]])
    caller = Caller(Rules(ports=frozenset({server.port})), resolve=names)
    with receiver(host="127.0.0.2") as other:
        monkeypatch.setattr(socket, "getaddrinfo", _looks_up_only_numbers(other))
        answer = post(f"https://hooks.example.com:{server.port}/x", caller)
    assert names.asked == ["hooks.example.com"]
    assert answer.address == "127.0.0.1"
    assert other.messages == []
    again = post(f"https://hooks.example.com:{server.port}/x", caller)
    assert again.status is None
    assert "not on the open internet" in again.error


def _looks_up_only_numbers(other: Receiver) -> object:
    """Whoever asks for the name again is led to `other`."""
    real = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: object) -> object:
        return real("127.0.0.2" if "example" in str(host) else host, *rest, **more)  # type: ignore[arg-type]

    return look_up


def test_tls_is_checked_against_the_name_and_not_the_address(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    public(monkeypatch)
    with receiver(tls=authority.server("hooks.example.com")) as server:
        rules = Rules(ports=frozenset({server.port}))
        caller = Caller(rules, resolve=Names([["127.0.0.1"]]), trust=authority.trust())
        taken = post(f"https://hooks.example.com:{server.port}/x", caller)
        assert taken.is_taken, taken.error
        assert server.names == ["hooks.example.com"]
        assert server.messages[0].headers["host"] == f"hooks.example.com:{server.port}"
        wrong = post(f"https://other.example.com:{server.port}/x", caller)
        assert (wrong.status, "certificate" in wrong.error) == (None, True)
        stranger = post(f"https://hooks.example.com:{server.port}/x", Caller(rules, resolve=Names([["127.0.0.1"]])))
        assert (stranger.status, "certificate" in stranger.error) == (None, True)
        assert len(server.messages) == 1


def test_the_next_address_is_tried_when_one_is_dead(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    public(monkeypatch)
    with receiver(tls=authority.server("hooks.example.com")) as server:
        names = Names([["127.0.0.9", "127.0.0.1"]])
        caller = Caller(Rules(ports=frozenset({server.port})), resolve=names, trust=authority.trust())
        answer = post(f"https://hooks.example.com:{server.port}/x", caller)
    assert (answer.is_taken, answer.address) == (True, "127.0.0.1")


def test_nobody_is_called_when_the_name_leads_inside(server: Receiver) -> None:
    caller = Caller(Rules(ports=frozenset({server.port})), resolve=Names([["127.0.0.1"]]))
    answer = post(f"https://hooks.example.com:{server.port}/x", caller)
    assert (answer.status, server.messages) == (None, [])
    assert not may_call(ip_address("127.0.0.1"), Rules())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hold_s=30),
        Reply(body=b"slowly" * 100, trickle_s=0.05),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", hold_s=0),
    ],
    ids=["says nothing", "a byte now and then", "less than it promised"],
)
def test_a_call_ends_by_its_deadline(server: Receiver, reply: Reply) -> None:
    server.usual = reply
    began = time.monotonic()
    answer = post(server.url, Caller(SANDBOX, call_s=0.6))
    assert time.monotonic() - began < 3
    assert (answer.status, answer.is_taken) == (None, False)
    assert answer.error


def test_headers_that_never_end_are_cut_off() -> None:
    """A server that sends one header after the other, each before the timeout of a read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()
        thread = threading.Thread(target=_drip, args=(listening, stop), daemon=True)
        thread.start()
        began = time.monotonic()
        answer = post(f"http://127.0.0.1:{listening.getsockname()[1]}/", Caller(SANDBOX, call_s=0.6))
        assert time.monotonic() - began < 3
        assert answer.status is None
        stop.set()
        thread.join(5)


def _drip(listening: socket.socket, stop: threading.Event) -> None:
    taken, _ = listening.accept()
    with taken:
        try:
            taken.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                taken.sendall(b"X-More: x\r\n")
        except OSError:
            """Hung up on, as it should be."""


def test_of_an_endless_answer_little_is_read(server: Receiver) -> None:
    server.usual = Reply(endless=True)
    answer = post(server.url, Caller(SANDBOX, call_s=10))
    assert (answer.status, answer.is_taken) == (200, True)
    assert len(answer.text) <= MAX_ANSWER_BYTES


@pytest.mark.parametrize("raw", [b"not http at all\r\n\r\n", b"", b"HTTP/1.1 999999 x\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x46"])
def test_what_is_no_http_is_an_error_in_words(server: Receiver, raw: bytes) -> None:
    server.usual = Reply(raw=raw)
    answer = post(server.url)
    assert (answer.status, answer.is_taken) == (None, False)
    assert answer.error.endswith(".")


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").error == "Nothing accepts connections there."


def test_plain_http_behind_an_https_address_is_an_error(server: Receiver) -> None:
    answer = post(server.url.replace("http:", "https:"), Caller(SANDBOX, trust=ssl.create_default_context()))
    assert (answer.status, answer.is_taken) == (None, False)
    assert answer.error
