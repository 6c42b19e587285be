"""Which hosts are this machine and no other."""

import pytest

from foveate.loopback import LOOPBACK, is_loopback

HOSTS = {
    "localhost": True,
    "LocalHost": True,
    "127.0.0.1": True,
    "127.1.2.3": True,
    "::1": True,
    "0:0:0:0:0:0:0:1": True,
    "::ffff:127.0.0.1": True,
    "::ffff:7f00:1": True,
    # where in doubt, no
    "": False,
    "0.0.0.0": False,
    "::": False,
    "::ffff:0.0.0.0": False,
    "10.0.0.1": False,
    "192.168.0.7": False,
    "169.254.1.1": False,
    "fe80::1": False,
    "::ffff:10.0.0.1": False,
    "x.localhost": False,
    "localhost.": False,
    "localhost.example.org": False,
    "127.0.0.1.example.org": False,
    "api.openai.com": False,
    "box": False,
    "127.1": False,
    "2130706433": False,
    "0x7f.0.0.1": False,
    "[::1]": False,
    " 127.0.0.1": False,
}


@pytest.mark.parametrize(("host", "expected"), HOSTS.items(), ids=[f"{host!r}" for host in HOSTS])
def test_hosts(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_this_machines_names_are_this_machine() -> None:
    assert all(map(is_loopback, LOOPBACK))
