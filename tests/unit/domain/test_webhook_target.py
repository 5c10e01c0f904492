"""Where a webhook may go: a table of what is inside, however it is written."""

from __future__ import annotations

import ipaddress

import pytest

from gateway.domain.webhook_target import Allowed, address_problem, place_problem, read_allowed

NOTHING = Allowed()
INSIDE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.255.255.254 169.254.169.254 169.254.170.2
    172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.7 203.0.113.9
    224.0.1.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:a9fe:a9fe
    64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:53aa:64c::1 2001:db8::1 2002:7f00:1::1 2002:0808:0808::1
    224.0.0.1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
"""
OUTSIDE = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 193.0.0.1 2606:4700::1111
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_nothing_goes_inside(address: str) -> None:
    assert " is " in address_problem(ipaddress.ip_address(address), NOTHING)
    assert place_problem("https", address, 443, NOTHING)


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_the_world_outside_is_open(address: str) -> None:
    assert address_problem(ipaddress.ip_address(address), NOTHING) == ""
    assert place_problem("https", address, 443, NOTHING) == ""


@pytest.mark.parametrize(
    ("scheme", "host", "port", "why"),
    [
        ("http", "example.uz", 80, "https"),
        ("ftp", "example.uz", 21, "https"),
        ("file", "example.uz", 443, "https"),
        ("https", "localhost", 443, "inner network"),
        ("https", "LOCALHOST.", 443, "inner network"),
        ("https", "db", 443, "inner network"),
        ("https", "darcha.default.svc", 443, "inner network"),
        ("https", "metadata.google.internal", 443, "inner network"),
        ("https", "printer.local.", 443, "inner network"),
        ("https", "router.home.arpa", 443, "inner network"),
        ("https", "2130706433", 443, "neither as a name"),
        ("https", "127.1", 443, "neither as a name"),
        ("https", "0177.0.0.1", 443, "neither as a name"),
        ("https", "127.0.0.1.", 443, "neither as a name"),
        ("https", "1.2.3.4.5", 443, "neither as a name"),
        ("https", "::1::", 443, "neither as a name"),
        ("https", "example.uz", 22, "port"),
        ("https", "example.uz", 80, "port"),
        ("https", "8.8.8.8", 53, "port"),
    ],
)
def test_how_a_place_is_written(scheme: str, host: str, port: int, why: str) -> None:
    assert why in place_problem(scheme, host, port, NOTHING)


@pytest.mark.parametrize("port", [443, 1024, 8443, 65535])
def test_a_name_outside_is_let_through_to_the_resolver(port: int) -> None:
    assert place_problem("https", "hooks.example.uz", port, NOTHING) == ""


def test_what_a_deployment_allows() -> None:
    allowed = read_allowed(["127.0.0.1", "10.1.0.0/16", "fd00::/8", "Receiver.Internal"])
    for scheme, host, port in (("http", "127.0.0.1", 80), ("https", "10.1.2.3", 22), ("http", "receiver.internal", 8080)):
        assert place_problem(scheme, host, port, allowed) == ""
    assert address_problem(ipaddress.ip_address("fd00::9"), allowed) == ""
    for host in ("127.0.0.2", "10.2.0.1", "other.internal", "::ffff:10.1.2.3"):
        assert place_problem("https", host, 443, allowed)
    assert "https" in place_problem("http", "8.8.8.8", 80, allowed)


@pytest.mark.parametrize("word", ["10.1.0.1/16", "10.0.0.0/99", "http://receiver", "приёмник"])
def test_a_word_that_is_neither_host_nor_network_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="neither a host nor a network"):
        read_allowed([word])
