"""Which addresses we call: a hundred ways into somebody's network, and the few that lead out."""

import ipaddress
from collections.abc import Sequence

import pytest

from transfers.outbox.destinations import DestinationRefused, Rules, look_over, may_call, parse, pin

OPEN = Rules()
SANDBOX = Rules(loopback=True)

# Refused by their text alone, whatever a name server would say.
NASTY = [
    "",
    " ",
    "https://",
    "https:///path",
    "https:example.com",
    "https:/example.com",
    "//example.com/x",
    "example.com",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com:443/_x",
    "dict://example.com:443/",
    "ldap://example.com/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "jar:https://example.com!/",
    "unix:/var/run/docker.sock",
    "https+unix://%2Fvar%2Frun%2Fdocker.sock/x",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://foo.localhost/",
    "https://localhost.localdomain/",
    "https://router.local/",
    "https://vault.internal/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://db.corp/",
    "https://nas.lan/",
    "https://printer.home.arpa/",
    "https://intranet/",
    "https://kubernetes/",
    "https://x.onion/",
    "https://127.0.0.1/",
    "https://127.0.0.1:443/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://127.255.255.254/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0x7F.1/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://017700000001/",
    "https://127.0.0.0x1/",
    "https://127.0.0.1./",
    "https://1.1.1.1.1/",
    "https://1.1.1.256/",
    "https://4294967296/",
    "https://example.com.0x1/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://192.168.255.255/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.7/",
    "https://203.0.113.7/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::169.254.169.254]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[100::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[5f00::1]/",
    "https://[::1/",
    "https://::1/",
    "https://[127.0.0.1]/",
    "https://[example.com]/",
    "https://user@example.com/",
    "https://user:pass@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://example.com:443@127.0.0.1/",
    "https://example.com#@127.0.0.1/",
    "https://example.com/#fragment",
    "https://example.com/x#",
    "https://example.com\\@127.0.0.1/",
    "https:\\\\example.com/",
    "https://example.com\\.evil.test/",
    "https://example.com\t/",
    "https://example.com\n/",
    "https://example.com/\r\nHost: 127.0.0.1",
    "https://example.com/a b",
    "https://exam ple.com/",
    "https://example.com/\x00",
    "https://ex\u00e4mple.com/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://example\u3002com/",
    "https://exa%6dple.com/",
    "https://%31%32%37.0.0.1/",
    "https://example.com%00.evil.test/",
    "https://-example.com/",
    "https://example-.com/",
    "https://exa*mple.com/",
    "https://example..com/",
    "https://.example.com/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 127 + "com/",
    "https://example.com/" + "a" * 2100,
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:80/",
    "https://example.com:3306/",
    "https://example.com:6379/",
    "https://example.com:9200/",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:-1/",
    "https://example.com:443443/",
    "https://example.com:4x3/",
    "https://example.com:443:443/",
]
GOOD = {
    "https://example.com": ("example.com", 443),
    "https://Example.COM./hooks?a=b%20c": ("example.com", 443),
    "https://hooks.xn--exmple-cua.com:8443/x": ("hooks.xn--exmple-cua.com", 8443),
    "https://8.8.8.8/": ("8.8.8.8", 443),
    "https://[2606:4700:4700::1111]:8443/": ("2606:4700:4700::1111", 8443),
    "https://a_b.example.com/": ("a_b.example.com", 443),
    "https://example.com:443/": ("example.com", 443),
    "https://localhost.example.com/": ("localhost.example.com", 443),
}


def to(*addresses: str) -> object:
    def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


def test_there_are_enough_of_them() -> None:
    assert len(set(NASTY)) >= 140


@pytest.mark.parametrize("url", NASTY)
def test_it_refuses(url: str) -> None:
    with pytest.raises(DestinationRefused) as refused:
        parse(url, OPEN)
    assert "127.0" not in str(refused.value)


@pytest.mark.parametrize("url", GOOD)
def test_it_takes(url: str) -> None:
    found = parse(url, OPEN)
    assert (found.scheme, found.host, found.port) == ("https", *GOOD[url])


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.1.1", "0.0.0.0", "198.19.255.255"),
        *("168.63.129.16", "224.0.0.251", "255.255.255.255", "::1", "::", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"),
        *("2001:0:1::1", "2001:db8::5", "fd12::1", "fe80::5", "ff0e::1", "3fff:1::1", "fe80::1%lo"),
    ],
)
def test_a_name_that_leads_inside_is_refused_also_beside_one_that_leads_outside(address: str) -> None:
    found = parse("https://hooks.example.com/", OPEN)
    for answers in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        with pytest.raises(DestinationRefused, match="not on the open internet"):
            pin(found, OPEN, to(*answers))  # type: ignore[arg-type]


def test_a_name_is_pinned_to_what_it_led_to() -> None:
    found = parse("https://hooks.example.com/", OPEN)
    assert pin(found, OPEN, to("8.8.8.8", "2606:4700::1", "8.8.8.8")) == ["8.8.8.8", "2606:4700::1"]  # type: ignore[arg-type]
    with pytest.raises(DestinationRefused, match="leads nowhere"):
        pin(found, OPEN, to())  # type: ignore[arg-type]


def test_a_sandbox_may_call_this_machine_and_nothing_else_inside() -> None:
    for url in ("http://127.0.0.1:9000/x", "http://localhost:9000/", "https://[::1]:9000/", "https://localhost:9443/"):
        assert pin(parse(url, SANDBOX), SANDBOX, to("127.0.0.1"))  # type: ignore[arg-type]
    for url in (
        "http://10.0.0.1/",
        "http://example.com/",
        "https://192.168.0.1/",
        "http://127.0.0.1@10.0.0.1:80/",
        "http://0.0.0.0/",
    ):
        with pytest.raises(DestinationRefused):
            parse(url, SANDBOX)
    with pytest.raises(DestinationRefused):
        pin(parse("https://hooks.example.com/", SANDBOX), SANDBOX, to("127.0.0.1"))  # type: ignore[arg-type]


def test_a_name_that_does_not_resolve_yet_may_be_registered() -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    look_over("https://hooks.example.com/", OPEN, nowhere)
    with pytest.raises(DestinationRefused):
        look_over("https://hooks.example.com/", OPEN, to("10.0.0.1"))  # type: ignore[arg-type]


def test_every_private_network_python_knows_of_is_closed() -> None:
    """Their registry and ours: nothing that Python calls private may be called."""
    privates = [*ipaddress._IPv4Constants._private_networks, *ipaddress._IPv6Constants._private_networks]  # type: ignore[attr-defined]
    assert len(privates) > 20
    for network in privates:
        assert not may_call(network[0], OPEN), network
        assert not may_call(network[-1], OPEN), network
