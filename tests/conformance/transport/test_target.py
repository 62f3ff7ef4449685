from __future__ import annotations

from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.transport.target import FORMS, Target, parse_target


@pytest.mark.parametrize(
    ("text", "target", "shown", "authority"),
    [
        ("http://h:1", Target("http", "h", 1), "http://h:1", "h:1"),
        ("http://h", Target("http", "h", 80), "http://h", "h"),
        ("http://h:80/", Target("http", "h", 80), "http://h", "h"),
        ("HTTP://H:0", Target("http", "h", 0), "http://h:0", "h:0"),
        ("https://h", Target("https", "h", 443), "https://h", "h"),
        ("https://h:80", Target("https", "h", 80), "https://h:80", "h:80"),
        ("tcp://h", Target("http", "h", 2375), "http://h:2375", "h:2375"),
        ("tcp://h:80", Target("http", "h", 80), "http://h", "h"),
        ("http://[::1]:5", Target("http", "::1", 5), "http://[::1]:5", "[::1]:5"),
        ("http://é.fr", Target("http", "xn--9ca.fr", 80), "http://xn--9ca.fr", "xn--9ca.fr"),
        (
            "http://h/a%20b//c/",
            Target("http", "h", 80, base="/a%20b//c"),
            "http://h/a%20b//c",
            "h",
        ),
        ("http://h/v1.23", Target("http", "h", 80, version="1.23"), "http://h", "h"),
        ("tcp://h/v1.23/", Target("http", "h", 2375, version="1.23"), "http://h:2375", "h:2375"),
        (
            "https://h/docker/v1.9",
            Target("https", "h", 443, base="/docker", version="1.9"),
            "https://h/docker",
            "h",
        ),
        ("http://h/v1", Target("http", "h", 80, base="/v1"), "http://h/v1", "h"),
        ("http://h/v1.23/x", Target("http", "h", 80, base="/v1.23/x"), "http://h/v1.23/x", "h"),
        (
            "unix:///run/d.sock",
            Target("unix", socket="/run/d.sock"),
            "unix:///run/d.sock",
            "localhost",
        ),
    ],
)
def test_an_address_is_parsed_and_formatted(
    text: str, target: Target, shown: str, authority: str
) -> None:
    assert parse_target(text) == target
    assert str(target) == shown
    assert target.authority == authority


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "'' lacks a scheme."),
        ("localhost", "'localhost' lacks a scheme."),
        ("unix:/run/d.sock", "'unix:/run/d.sock' lacks a scheme."),
        ("ssh://h", "'ssh://h' has the scheme 'ssh', which muster does not speak"),
        ("://h", "'://h' has the scheme '', which muster does not speak"),
        ("http://", "'http://' names no host."),
        ("http://:80", "'http://:80' names no host."),
        ("http://h:x", "'http://h:x' is not an address: Port could not be cast to integer"),
        ("http://h:65536", "'http://h:65536' is not an address: Port out of range 0-65535."),
        ("http://[::1", "'http://[::1' is not an address: Invalid IPv6 URL."),
        ("http://a..b", "'http://a..b' is not an address: "),
        ("http://u:p@h", "'http://...@h' names a user, which would not be sent."),
        ("http://u:p@h:x", "'http://...@h:x' is not an address: Port could not be cast"),
        ("http://h/ü", "'http://h/ü' has a path that is not percent-encoded."),
        ("http://h/a b", "'http://h/a b' has a path that is not percent-encoded."),
        ("http://h?a=1", "'http://h?a=1' has a query or fragment, but a target is a server."),
        ("http://h#a", "'http://h#a' has a query or fragment, but a target is a server."),
    ],
)
def test_other_targets_are_refused_with_the_reason_and_valid_forms(text: str, wrong: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_target(text)
    assert str(refused.value).startswith(wrong)
    assert str(refused.value).endswith(f"rite {FORMS}.")


@pytest.mark.parametrize("text", ["unix://run/d.sock", "unix:///", "unix://h"])
def test_a_unix_socket_without_an_absolute_path_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_target(text)
    assert str(refused.value) == (
        f"{text!r} names no unix socket: write unix:///path/to.sock, with three slashes."
    )


def test_tcp_means_https_with_tls() -> None:
    assert parse_target("tcp://h:2376", tls=True) == Target("https", "h", 2376)
    assert parse_target("tcp://h", tls=True) == Target("https", "h", 2375)
    assert parse_target("http://h:1", tls=True) == Target("http", "h", 1)
    assert parse_target("unix:///s", tls=True) == Target("unix", socket="/s")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("127.0.0.1:2375", Target("http", "127.0.0.1", 2375)),
        ("h:1/v1.23", Target("http", "h", 1, version="1.23")),
        ("[::1]:5/base", Target("http", "::1", 5, base="/base")),
        (":2375", Target("http", "localhost", 2375)),
        ("tcp://:2375", Target("http", "localhost", 2375)),
        ("/run/d.sock", Target("unix", socket="/run/d.sock")),
        ("./d.sock", Target("unix", socket=f"{Path.cwd()}/d.sock")),
        ("~/d.sock", Target("unix", socket=f"{Path.home()}/d.sock")),
        ("unix://", Target("unix", socket="/var/run/docker.sock")),
    ],
)
def test_parts_optional_in_docker_may_be_omitted(text: str, target: Target) -> None:
    assert parse_target(text) == target


def test_an_ssh_address_is_refused_with_a_workaround() -> None:
    with pytest.raises(UsageError, match="ssh -N -L /tmp/docker"):
        parse_target("ssh://h")
