"""Only what the operator named is asked, over TLS or on this machine."""

import pytest

from musterd.errors import ServeError
from musterd.registry.addresses import Registries, RegistryAddress, origin


@pytest.mark.parametrize(
    ("text", "name", "url"),
    [
        ("registry.example.com", "registry.example.com", "https://registry.example.com"),
        ("Registry.example.com:5000", "registry.example.com:5000", None),
        ("https://registry.example.com/", "registry.example.com", "https://registry.example.com"),
        ("127.0.0.1:5000", "127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("127.8.9.1", "127.8.9.1", "http://127.8.9.1"),
        ("localhost:5000", "localhost:5000", "http://localhost:5000"),
        ("https://localhost:5000", "localhost:5000", "https://localhost:5000"),
        ("[::1]:5000", "[::1]:5000", "http://[::1]:5000"),
        ("docker.io", "docker.io", "https://registry-1.docker.io"),
    ],
)
def test_an_address_has_a_name_and_a_url(text: str, name: str, url: str | None) -> None:
    found = RegistryAddress.parse(text)
    assert (found.name, found.url) == (name, url or f"https://{name}")


@pytest.mark.parametrize(
    "text", ["", "a b", "user@host", "host/path", "ftp://host", "host:0x1", "host:99999", "-a"]
)
def test_an_invalid_served_address_is_refused(text: str) -> None:
    with pytest.raises(ServeError, match="is no registry"):
        RegistryAddress.parse(text)


@pytest.mark.parametrize("text", ["http://registry.example.com", "http://192.0.2.1:5000"])
def test_other_machines_are_not_asked_over_plain_http(text: str) -> None:
    with pytest.raises(ServeError, match="over TLS only"):
        RegistryAddress.parse(text)


def named(*texts: str) -> Registries:
    return Registries(map(RegistryAddress.parse, texts))


def test_a_repository_belongs_to_a_named_registry() -> None:
    registries = named("127.0.0.1:5000", "docker.io")
    assert registries
    assert not named()
    found = registries.of("127.0.0.1:5000/team/app")
    assert found is not None
    assert found.name == "127.0.0.1:5000"
    assert registries.of("docker.io/library/busybox") is not None
    assert registries.of("127.0.0.1:5001/team/app") is None


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:5000/v2/", True),
        ("https://127.0.0.1:5000/v2/", False),
        ("http://127.0.0.1:5001/v2/", False),
        ("http://127.0.0.1/v2/", False),
        ("http://127.0.0.1:5000@elsewhere/", False),
        ("http://elsewhere@127.0.0.1:5000/", False),
        ("https://auth.docker.io/token", True),
        ("https://auth.docker.io:443/token", True),
        ("http://auth.docker.io/token", False),
        ("file:///etc/passwd", False),
        ("http://[::1/", False),
        ("http://host:port/", False),
        ("", False),
    ],
)
def test_only_urls_of_named_registries_are_allowed(url: str, *, allowed: bool) -> None:
    assert named("127.0.0.1:5000", "docker.io").allow(url) is allowed


def test_the_parts_of_docker_hub_belong_to_it_alone() -> None:
    assert not named("127.0.0.1:5000").allow("https://auth.docker.io/token")
    assert origin("https://auth.docker.io/token") == ("https", "auth.docker.io", 443)
