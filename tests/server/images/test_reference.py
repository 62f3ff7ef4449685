from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musterd.images import reference
from musterd.images.reference import InvalidReferenceError, Reference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("ubuntu", Reference("ubuntu")),
        ("ubuntu:12.04", Reference("ubuntu", "12.04")),
        ("user/tools:2", Reference("user/tools", "2")),
        ("localhost/x:1", Reference("localhost/x", "1")),
        ("localhost:5000/test/busybox:latest", Reference("localhost:5000/test/busybox", "latest")),
        ("Registry.Example/x:1", Reference("Registry.Example/x", "1")),
        ("[::1]:5000/x:1", Reference("[::1]:5000/x", "1")),
        ("a__b/c.d-e--f:X_1", Reference("a__b/c.d-e--f", "X_1")),
        (f"ubuntu@{DIGEST}", Reference("ubuntu", digest=DIGEST)),
        (f"ubuntu:12.04@{DIGEST}", Reference("ubuntu", digest=DIGEST)),
        ("docker.io/ubuntu:1", Reference("ubuntu", "1")),
        ("docker.io/library/ubuntu:1", Reference("ubuntu", "1")),
        ("index.docker.io/user/x:1", Reference("user/x", "1")),
        ("library/ubuntu:1", Reference("ubuntu", "1")),
    ],
)
def test_a_reference_is_parsed_into_its_familiar_form(text: str, parsed: Any) -> None:
    assert reference.parse(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "a:",
        "a b",
        " a",
        "A",
        "UPPER:1",
        "a/B:1",
        "a//b",
        "/a",
        "a/",
        "-a",
        "a-",
        "a..b",
        "a:-x",
        "a:" + "t" * 129,
        "a@sha256:abc",
        "a@b@c",
        "<none>:<none>",
        "é",
        "a:1\n",
        "x" * 256,
        "f" * 64,
        "library/" + "f" * 64,
    ],
)
def test_an_invalid_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidReferenceError):
        reference.parse(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a b", "invalid reference format"),
        ("UPPER", "invalid reference format: repository name must be lowercase"),
        ("x" * 256, "repository name must not be more than 255 characters"),
        (
            "f" * 64,
            f"invalid repository name ({'f' * 64}), cannot specify 64-byte hexadecimal strings",
        ),
    ],
)
def test_an_invalid_reference_is_reported_in_dockers_words(text: str, reason: str) -> None:
    with pytest.raises(InvalidReferenceError) as refused:
        reference.parse(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "familiar", "full"),
    [
        ("ubuntu:1", "ubuntu:1", "docker.io/library/ubuntu:1"),
        ("user/x", "user/x", "docker.io/user/x"),
        ("localhost:5000/x:1", "localhost:5000/x:1", "localhost:5000/x:1"),
        (f"docker.io/ubuntu@{DIGEST}", f"ubuntu@{DIGEST}", f"docker.io/library/ubuntu@{DIGEST}"),
    ],
)
def test_a_reference_has_a_familiar_and_a_full_form(text: str, familiar: str, full: str) -> None:
    name = reference.parse(text)
    assert (name.familiar, name.full) == (familiar, full)
    assert full.startswith(name.full_repository)


@given(
    st.from_regex(r"([a-z]+\.[a-z]+(:[0-9]{1,5})?/)?[a-z0-9]+(/[a-z0-9]+)?", fullmatch=True),
    st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,9}", fullmatch=True),
)
def test_both_forms_of_a_reference_parse_to_the_same_reference(repository: str, tag: str) -> None:
    name = reference.parse(f"{repository}:{tag}")
    assert reference.parse(name.familiar) == name
    assert reference.parse(name.full) == name


def test_an_overlong_reference_is_refused_immediately() -> None:
    with pytest.raises(InvalidReferenceError, match=r"^invalid reference format$"):
        reference.parse("a" * 5000)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("docker.io/library/a", "a:latest"),
        ("a:1", "a:1"),
        (f"docker.io/library/a@{DIGEST}", f"a@{DIGEST}"),
        (f"docker.io/library/a:1@{DIGEST}", f"a:1@{DIGEST}"),
    ],
)
def test_messages_keep_a_tag_in_front_of_a_digest(text: str, shown: str) -> None:
    assert reference.familiar(text) == shown
