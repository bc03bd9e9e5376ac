"""Which addresses we are willing to call on behalf of a client: the guard against requests into our own network.

An address is refused before anything is sent when its text is not one plain HTTPS address, and again at every delivery when its
name leads to anything but public addresses. Two ways of reading one text are what attackers live on, so there is one spelling: no
user, no fragment, no escapes in the name, no numbers that only look like an IP address. No Django here; settings are passed in.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

MAX_URL_LENGTH = 2048
LOOK_UP_S = 4.0
# Never mistaken for a host, and never a way to smuggle a header or a second address.
_PLAIN = re.compile(r"[\x21-\x7e]+", re.ASCII)
_AMBIGUOUS = re.compile(r"[\\\"<>^`{|}]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# What a reader of the WHATWG kind takes for an IPv4 address in one of its many spellings: 127.1, 0x7f.0.0.1, 2130706433.
_NUMERIC = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa", "localdomain", "onion")

# Everything of the special-purpose registries for IPv4 that is not the open internet, and the clouds' own metadata services.
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
    )
)
# IPv6 that leads to somebody is in 2000::/3, less what carries an IPv4 address inside (6to4, Teredo) or is for documents.
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class DestinationRefused(ValueError):
    """The address is not one we call; the sentence is for whoever gave it to us, and says nothing about our network."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`loopback`: whether plain HTTP and HTTPS to this very machine are allowed, which only a sandbox does."""

    ports: frozenset[int] = frozenset({443, 8443})
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that may be called. `host` is a name in lower case or an IP address without brackets."""

    url: str
    scheme: str
    host: str
    port: int


def parse(url: str, rules: Rules) -> Destination:
    """The destination that `url` spells. Raises DestinationRefused; nothing is resolved."""
    if not url or len(url) > MAX_URL_LENGTH:
        raise DestinationRefused(f"The address must be a URL of at most {MAX_URL_LENGTH} characters.")
    if not _PLAIN.fullmatch(url) or _AMBIGUOUS.search(url):
        raise DestinationRefused("The address holds a character that has to be escaped; write other alphabets in their xn-- form.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise DestinationRefused("The address is not a URL.") from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise DestinationRefused("The address must not hold a user name or password: messages are signed instead.")
    if "#" in url:
        raise DestinationRefused("The address must not hold a fragment (#).")
    host = _host(parts.hostname or "", bracketed="[" in parts.netloc)
    found = Destination(url, parts.scheme, host, port if port is not None else {"https": 443, "http": 80}.get(parts.scheme, 0))
    _check_scheme(found, rules)
    return found


def _host(text: str, *, bracketed: bool) -> str:
    host = text.lower().removesuffix(".")
    if bracketed:
        return _literal_v6(host)
    labels = host.split(".")
    if not host or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise DestinationRefused("The address names no host that we can read.")
    if not _NUMERIC.fullmatch(labels[-1]):
        return host
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise DestinationRefused("The host looks like a number; write the name of your server.") from None


def _literal_v6(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        raise DestinationRefused("The address names no host that we can read.") from None
    if address.scope_id is not None:
        raise DestinationRefused("The address must not name a zone.")
    return str(address)


def _check_scheme(found: Destination, rules: Rules) -> None:
    if rules.loopback and is_local(found.host) and found.scheme in ("http", "https") and found.port:
        return
    if found.scheme != "https":
        raise DestinationRefused("The address must begin with https://.")
    if found.port not in rules.ports:
        known = " or ".join(str(port) for port in sorted(rules.ports))
        raise DestinationRefused(f"We call port {known} only.")
    if literal(found.host) is None and ("." not in found.host or _is_local_name(found.host)):
        raise DestinationRefused("The address must be one that anybody on the internet can reach.")
    if (address := literal(found.host)) is not None and not may_call(address, rules):
        raise DestinationRefused("The address must be one that anybody on the internet can reach.")


def is_local(host: str) -> bool:
    """Whether this is this machine, by name or number."""
    address = literal(host)
    return address.is_loopback if address else host == "localhost"


def _is_local_name(host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES)


def literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def may_call(address: Address, rules: Rules) -> bool:
    """Whether a connection to exactly this address is allowed."""
    if rules.loopback and address.is_loopback:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def look_over(url: str, rules: Rules, resolve: Resolve | None = None) -> None:
    """What can be said when an address is given to us; a name that does not resolve now may do so later, when it counts.

    Raises DestinationRefused.
    """
    found = parse(url, rules)
    with suppress(OSError):
        pin(found, rules, resolve or look_up)


def look_up(host: str, port: int) -> Sequence[str]:
    """Every address of the name. Raises OSError, also after LOOK_UP_S: the system's own look-up has no limit that we could set."""
    hand = ThreadPoolExecutor(1, thread_name_prefix="look-up")
    try:
        entries = hand.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(LOOK_UP_S)
    except FutureTimeout:
        raise socket.gaierror("the name servers do not answer in time") from None
    finally:
        hand.shutdown(wait=False, cancel_futures=True)
    return [str(entry[4][0]) for entry in entries]


def pin(found: Destination, rules: Rules, resolve: Resolve) -> list[str]:
    """The addresses to connect to, from one look-up, in its order. Raises DestinationRefused when any of them is not public: a name
    that leads both outside and inside is not a mistake. OSError when it leads nowhere."""
    strictly = replace(rules, loopback=rules.loopback and is_local(found.host))
    answers = list(dict.fromkeys(resolve(found.host, found.port)))
    if not answers:
        raise DestinationRefused("The name of the host leads nowhere.")
    for text in answers:
        address = literal(text)
        if address is None or not may_call(address, strictly):
            raise DestinationRefused("The name of the host leads to an address that is not on the open internet.")
    return answers
