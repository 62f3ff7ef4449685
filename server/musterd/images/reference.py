"""Image names: parsing, and their familiar and full spellings.

The grammar is that of moby v1.11.2 (``vendor/src/github.com/docker/distribution/reference``), and
the normalization that of its ``reference/reference.go``; both still hold in current releases.
"""

import re
from collections.abc import Sequence

import msgspec

_DEFAULT_DOMAIN = "docker.io"
_LEGACY_DOMAIN = "index.docker.io"
_DEFAULT_PATH = "library/"
_DEFAULT_TAG = "latest"
_LONGEST_NAME = 255
# Characters; real names are far shorter. Matching takes memory for each character.
_LONGEST = 4096

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?"
)
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")


class InvalidReferenceError(ValueError):
    """A text is not an image name; the message gives the reason in Docker's words."""


class UppercaseError(InvalidReferenceError):
    """A repository contains upper-case letters.

    Attributes:
        path: The repository without its registry's domain: ``library/UPPER``.
    """

    def __init__(self, path: str) -> None:
        super().__init__("invalid reference format: repository name must be lowercase")
        self.path = path


class Reference(msgspec.Struct, frozen=True):
    """An image name: a repository, with a tag, a digest or neither.

    Attributes:
        repository: The familiar spelling: ``ubuntu``, ``localhost:5000/test/busybox``.
        tag: The tag; None if there is none.
        digest: Algorithm and hexadecimal digits: ``sha256:cbbf2f9a...``; None if there is none.
    """

    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def familiar(self) -> str:
        """The name as ``RepoTags`` and ``RepoDigests`` show it: ``ubuntu:12.04``."""
        return self.repository + self._suffix

    @property
    def full(self) -> str:
        """The name with the default registry and namespace: ``docker.io/library/ubuntu:12.04``."""
        return self.full_repository + self._suffix

    @property
    def full_repository(self) -> str:
        """The repository with its registry and namespace: ``docker.io/library/ubuntu``."""
        domain, path = _split(self.repository)
        return f"{domain}/{path}"

    @property
    def or_latest(self) -> "Reference":
        """The name, with the tag ``latest`` if it has neither tag nor digest."""
        has_either = self.tag is not None or self.digest is not None
        return self if has_either else Reference(self.repository, tag=_DEFAULT_TAG)

    @property
    def _suffix(self) -> str:
        if self.digest is not None:
            return f"@{self.digest}"
        return "" if self.tag is None else f":{self.tag}"


def parse(text: str) -> Reference:
    """Parse a name. Like Docker, drop a tag in front of a digest.

    Raises:
        InvalidReferenceError: *text* is not an image name.
    """
    if len(text) > _LONGEST:
        raise InvalidReferenceError("invalid reference format")
    path = _split(text)[1].partition(":")[0]
    if path.lower() != path:
        raise UppercaseError(path)
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise InvalidReferenceError("invalid reference format")
    if len(found["name"]) > _LONGEST_NAME:
        raise InvalidReferenceError("repository name must not be more than 255 characters")
    domain, path = _split(found["name"])
    if domain == _DEFAULT_DOMAIN:
        repository = path.removeprefix(_DEFAULT_PATH)
    else:
        repository = f"{domain}/{path}"
    # Docker refuses a repository that looks like an image Id.
    if _IMAGE_ID.fullmatch(repository):
        raise InvalidReferenceError(
            f"invalid repository name ({repository}), cannot specify 64-byte hexadecimal strings"
        )
    digest = found["digest"]
    return Reference(repository, tag=None if digest else found["tag"], digest=digest)


def familiar(text: str) -> str:
    """Return the familiar spelling of a name, with ``latest`` if it has neither tag nor digest.

    Messages keep a tag in front of a digest: ``ubuntu:12.04@sha256:cbbf2f9a...``.

    Raises:
        InvalidReferenceError: *text* is not an image name.
    """
    name = parse(text).or_latest
    found = _REFERENCE.fullmatch(text)
    if name.digest is None or found is None or found["tag"] is None:
        return name.familiar
    return f"{name.repository}:{found['tag']}@{name.digest}"


def in_own_order(names: Sequence[Reference]) -> bool:
    """Tell whether *names* are in an order that no daemon's sorting produces."""
    if len(names) < 2:  # noqa: PLR2004  # nothing to sort
        return False
    by_familiar = sorted(names, key=lambda name: name.familiar)
    by_full = sorted(names, key=lambda name: name.full)
    return list(names) not in (by_familiar, by_full)


def _split(name: str) -> tuple[str, str]:
    """Split a repository into the registry's domain and the path."""
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        domain, path = first, rest
    else:
        domain, path = _DEFAULT_DOMAIN, name
    if domain in (_LEGACY_DOMAIN, _DEFAULT_DOMAIN):
        domain = _DEFAULT_DOMAIN
        path = path if "/" in path else _DEFAULT_PATH + path
    return domain, path
