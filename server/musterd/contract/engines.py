"""The engines that musterd imitates: their API versions, rules and headers.

Seen: Docker 1.11.2, 20.10.24, 28.5.2 and 29 with graph drivers, podman 4.3.1 and 5.8.6. What podman
does otherwise than Docker is not here but in `musterd.departures`.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from musterd.contract import rules, versions
from musterd.contract.rules import Rules
from musterd.contract.versions import ApiVersion
from musterd.errors import (
    BadRequestError,
    FilterError,
    FiltersError,
    NewNameError,
    PatternError,
    QueryStringError,
    RefusedArchiveError,
    RequestError,
    ServeError,
    TimestampError,
)
from musterd.images.image import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerdStyle:
    """How an engine shows the images of its containerd store, where releases differ.

    Attributes:
        old: Whether as in Docker 28 rather than 29: an image whose content is missing is shown
            like an artifact, and `/info` counts names.
    """

    old: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine to imitate.

    Attributes:
        name: Its name on the command line.
        summary: What it is, in one line.
        oldest: The oldest API version that it serves.
        newest: The newest API version; a request without a version gets it.
        rules: Its rules, each from the version `since` on; the first ones for all older versions.
        oldest_document: The version of the document that describes older versions too.
        release: Its own version; None for musterd's.
        headers: The headers that identify it in every response; None for musterd's own.
        names_newest: Whether the header `Api-Version` says the newest API version.
        too_new: The message about a version that is newer than `newest`.
        any_version: Whether it serves versions outside of its range too.
        answers_head: Whether it answers ``HEAD /_ping``.
        statuses: The status of an error, by its class, where it is not that of the class; 200 for
            an error that only the progress in the body tells.
        departures: The names of what it does otherwise than its rules say.
        experimental: What `ExperimentalBuild` in ``/info`` says (podman v4.3.1
            pkg/api/handlers/compat/info.go).
        containerd: The style of its containerd store; None for graph drivers.
    """

    name: str
    summary: str
    oldest: ApiVersion
    newest: ApiVersion
    rules: Sequence[Rules]
    oldest_document: str = "1.23"
    release: str | None = None
    headers: Mapping[str, str] | None = None
    names_newest: bool = True
    too_new: str = versions.TOO_NEW
    any_version: bool = False
    answers_head: bool = True
    statuses: Mapping[type[RequestError], int] = field(default_factory=dict)
    departures: tuple[str, ...] = ()
    experimental: bool = False
    containerd: ContainerdStyle | None = None

    def split_version(self, path: str) -> tuple[ApiVersion, str]:
        """Split a path into its API version and the rest."""
        return versions.split_version(path, self.newest)

    def check_served(self, version: ApiVersion) -> None:
        """Refuse a version outside of the range.

        Raises:
            BadRequestError: It is too old, too new or too long.
        """
        if not self.any_version:
            versions.check_served(version, self.oldest, self.newest, self.too_new)

    def documented(self, version: ApiVersion) -> str:
        """Return the version of the document that describes *version*."""
        return versions.documented(max(version, ApiVersion(self.oldest_document)))

    def rules_at(self, version: ApiVersion) -> Rules:
        """Return the rules of a version: those of the latest change up to it."""
        # No cache by version: clients could fill it with made-up versions.
        place = bisect_right(self.rules, version, key=lambda each: ApiVersion(each.since))
        return self.rules[max(place - 1, 0)]

    def status(self, error: RequestError) -> int:
        """Return the status of the response to an error."""
        return self.statuses.get(type(error), error.status)

    def id_of(self, image: Image) -> str:
        """Return the Id of a new image: in the containerd store, the digest of its target."""
        has_target = self.containerd is not None and image.targets
        return image.targets[0].digest if has_target else image.id

    def within(self, oldest: str | None, newest: str | None) -> "Engine":
        """Return this engine with another range of API versions.

        Args:
            oldest: The oldest version to serve; None for the engine's own.
            newest: The newest version to serve; None for the engine's own.

        Raises:
            ServeError: A version is none that musterd knows, or the range is empty.
        """
        low = self.oldest if oldest is None else _known(oldest)
        high = self.newest if newest is None else _known(newest)
        if high < low:
            raise ServeError(f"no API version is between {low} and {high}: set --api-min lower")
        given = oldest is not None or newest is not None
        any_version = self.any_version and not given
        return replace(self, oldest=low, newest=high, any_version=any_version)


def _known(text: str) -> ApiVersion:
    try:
        version = ApiVersion(text)
        versions.check_served(version)
    except (ValueError, BadRequestError):
        raise ServeError(
            f"{text!r} is not an API version of musterd; write one from {versions.OLDEST} to "
            f"{versions.NEWEST}"
        ) from None
    return version


def _docker(release: str) -> dict[str, str]:
    return {
        "docker-experimental": "false",
        "ostype": "linux",
        "server": f"Docker/{release} (linux)",
    }


def _podman(release: str) -> dict[str, str]:
    return {
        "libpod-api-version": release,
        "server": f"Libpod/{release} (linux)",
    }


def _later(*, latest: bool = True) -> tuple[Rules, ...]:
    """Return the rules of Docker 28 and 29, which hold for older versions as well.

    Args:
        latest: Whether a release has what came in with Docker 29: `VirtualSize` of empty images,
            names that match in their full spelling (29.5), and an explained invalid `until`.
    """
    first = replace(rules.V1_42, since="1.24")
    later = (each for each in rules.ALL if ApiVersion(each.since) > ApiVersion(rules.V1_42.since))
    return tuple(
        replace(
            each,
            virtual_size_of_empty=latest,
            full_names_match=latest,
            terse_until=not latest,
        )
        for each in (replace(first, since="1.23", json_errors=False), first, *later)
    )


# Docker has begun its response when it reads an archive.
_IN_PROGRESS: Mapping[type[RequestError], int] = {RefusedArchiveError: 200}


def _containerd(known: Sequence[Rules], *, old: bool) -> tuple[Rules, ...]:
    """Return the rules of the same release with the containerd store.

    Args:
        known: Its rules with graph drivers.
        old: Whether it is Docker 28 rather than 29.
    """
    first = known[max(i for i, each in enumerate(known) if ApiVersion(each.since) <= _DESCRIPTOR)]
    with_descriptor = (*known, replace(first, since=str(_DESCRIPTOR)))
    return tuple(
        replace(
            each,
            filter_keys=(*each.filter_keys, "label!"),
            containerd=True,
            descriptor=ApiVersion(each.since) >= _DESCRIPTOR,
            packed_size=old,
            empty_labels=not old,
            shares_content=not old,
            lenient_label_not=not old,
        )
        for each in sorted(with_descriptor, key=lambda each: ApiVersion(each.since))
    )


# moby v1.11.2: errors/errors.go has 500 for every error that it does not know.
_ALL_500: Mapping[type[RequestError], int] = {
    **_IN_PROGRESS,
    FilterError: 500,
    FiltersError: 500,
    PatternError: 500,
    QueryStringError: 500,
}

# The first version with `Descriptor`.
_DESCRIPTOR = ApiVersion("1.48")

ANY = Engine(
    name="any",
    summary="every API version, as the daemon of its time (the default)",
    oldest=versions.OLDEST,
    newest=versions.NEWEST,
    rules=rules.ALL,
)
DOCKER_1_11 = Engine(
    name="docker-1.11",
    summary="Docker 1.11.2",
    oldest=ApiVersion("1.12"),
    newest=ApiVersion("1.23"),
    rules=(replace(rules.V1_23, seed_shape=False),),
    release="1.11.2",
    headers={"server": "Docker/1.11.2 (linux)"},
    names_newest=False,
    too_new=(
        "client is newer than server (client API version: {version}, server API version: {newest})"
    ),
    answers_head=False,
    statuses=_ALL_500,
)
DOCKER_20_10 = Engine(
    name="docker-20.10",
    summary="Docker 20.10.24",
    oldest=ApiVersion("1.12"),
    newest=ApiVersion("1.41"),
    rules=(replace(rules.V1_24, since="1.23", json_errors=False), rules.V1_24),
    release="20.10.24",
    headers=_docker("20.10.24"),
    statuses={**_IN_PROGRESS, FiltersError: 500, NewNameError: 500, PatternError: 500},
)
DOCKER_28 = Engine(
    name="docker-28",
    summary="Docker 28.5.2 with graph drivers",
    oldest=ApiVersion("1.24"),
    newest=ApiVersion("1.51"),
    rules=_later(latest=False),
    release="28.5.2",
    headers=_docker("28.5.2"),
    statuses={**_IN_PROGRESS, PatternError: 500, TimestampError: 500},
)
DOCKER_29 = Engine(
    name="docker-29",
    summary="Docker 29 with graph drivers",
    oldest=ApiVersion("1.40"),
    newest=ApiVersion("1.56"),
    rules=_later(),
    # `filter` has been no parameter at any version since 29.3.
    oldest_document="1.41",
    release="29.7.2",
    headers=_docker("29.7.2"),
    statuses={**_IN_PROGRESS, PatternError: 500},
)
DOCKER_28_CONTAINERD = replace(
    DOCKER_28,
    name="docker-28-containerd",
    statuses={**_IN_PROGRESS, TimestampError: 500},
    summary="Docker 28.5.2 with the containerd store",
    rules=_containerd(DOCKER_28.rules, old=True),
    containerd=ContainerdStyle(old=True),
)
DOCKER_29_CONTAINERD = replace(
    DOCKER_29,
    name="docker-29-containerd",
    statuses=_IN_PROGRESS,
    summary="Docker 29 with the containerd store, the default of new installations",
    rules=_containerd(DOCKER_29.rules, old=False),
    containerd=ContainerdStyle(old=False),
)
# podman has the same shapes at every version, and errors in JSON.
_PODMAN_RULES = replace(
    rules.V1_42,
    since="1.23",
    placeholders=False,
    whole_size=True,
    undated=rules.V1_23.undated,
    new_name_first=False,
)
PODMAN_4_3 = Engine(
    name="podman-4.3",
    summary="podman 4.3.1",
    oldest=ApiVersion("1.24"),
    newest=ApiVersion("1.41"),
    rules=(_PODMAN_RULES,),
    release="4.3.1",
    headers=_podman("4.3.1"),
    experimental=True,
    statuses={RefusedArchiveError: 500},
    any_version=True,
    departures=("HTTP-ENCODED-PATH", "PODMAN-4.3"),
)
PODMAN_5_8 = Engine(
    name="podman-5.8",
    summary="podman 5.8.6",
    oldest=ApiVersion("1.24"),
    newest=ApiVersion("1.44"),
    rules=(_PODMAN_RULES, replace(_PODMAN_RULES, since="1.44", virtual_size=False)),
    release="5.8.6",
    headers=_podman("5.8.6"),
    experimental=True,
    statuses={RefusedArchiveError: 500},
    any_version=True,
    departures=("HTTP-ENCODED-PATH", "PODMAN-5.8"),
)
ENGINES: Mapping[str, Engine] = {
    each.name: each
    for each in (
        ANY,
        DOCKER_1_11,
        DOCKER_20_10,
        DOCKER_28,
        DOCKER_28_CONTAINERD,
        DOCKER_29,
        DOCKER_29_CONTAINERD,
        PODMAN_4_3,
        PODMAN_5_8,
    )
}


def find(name: str) -> Engine:
    """Return the engine of that name.

    Raises:
        ServeError: There is none; the message lists all.
    """
    if name not in ENGINES:
        raise ServeError(f"there is no engine {name!r}, only {', '.join(ENGINES)}")
    return ENGINES[name]
