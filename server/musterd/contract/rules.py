"""What each API version does differently from the one before: the only place that knows.

Up to 1.23 the seed and Docker 1.11.2 say what is normal, from 1.24 to 1.41 Docker 20.10, and from
1.42 on Docker 29. A daemon applies most of its rules to whatever version is asked for; here they
come in with the first version of its range. Which parameters a version has is not said here: its
document lists them, and no handler sees the others.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from musterd.contract.versions import ApiVersion
from musterd.images.image import NEVER

_CONFIG_OF_1_49: Mapping[str, Any] = {
    "AttachStderr": False,
    "AttachStdin": False,
    "AttachStdout": False,
    "Cmd": None,
    "Domainname": "",
    "Entrypoint": None,
    "Env": None,
    "Hostname": "",
    "Image": "",
    "Labels": None,
    "OnBuild": None,
    "OpenStdin": False,
    "StdinOnce": False,
    "Tty": False,
    "User": "",
    "Volumes": None,
    "WorkingDir": "",
}
_CONFIG_OF_1_50: Mapping[str, Any] = {
    "Cmd": None,
    "Entrypoint": None,
    "Env": None,
    "Labels": None,
    "OnBuild": None,
    "User": "",
    "Volumes": None,
    "WorkingDir": "",
}
# Those of an OCI image, and of Docker's beyond them; the rest is gone for want of a meaning.
_MEMBERS = frozenset(_CONFIG_OF_1_50) | {
    "ArgsEscaped",
    "ExposedPorts",
    "Healthcheck",
    "Shell",
    "StopSignal",
}
# Docker 29 wraps the first of these around what it has otherwise left behind.
_CONTAINER_CONFIG = {key: _CONFIG_OF_1_49[key] for key in _CONFIG_OF_1_49 if key != "OnBuild"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one API version. What stands as default holds at 1.23 and below.

    There are as many as there are versions that changed something, each of them once.
    """

    #: The first version of those that have these rules, by which they are told apart.
    since: str = "1.23"

    # Errors

    #: Whether an error is a JSON object, or its message as plain text.
    json_errors: bool = False
    #: What is said about a path, or a method at a path, that the API does not have.
    page_not_found: str = "404 page not found"
    #: How a message about a filter begins.
    invalid_filter: str = "Invalid filter"
    #: Whether that is all that is said about `filters` that cannot be read.
    terse_filters: bool = False

    # Filters

    #: The keys that `filters` may have.
    filter_keys: tuple[str, ...] = ("dangling", "label")
    #: Whether what follows `filters` in the form of maps is overlooked.
    trailing_text: bool = True
    #: Whether `dangling` takes `1` and `0` too, and must be unambiguous.
    strict_dangling: bool = False
    #: Whether an image known by digest alone is dangling, beside being named.
    digest_alone_dangles: bool = False
    #: Whether the parameter `filter` is one more value of the filter `reference`.
    filter_is_reference: bool = False
    #: Whether `reference` is tried with a name's full spelling too.
    full_names_match: bool = False
    #: Whether `before` and `since` take an image without a date for one of the year 1; if not, it
    #: meets no condition on dates, and sets none.
    undated_is_old: bool = True

    # The list

    #: Whether an image has the shape of the seed's examples: `ParentId` where there is a parent,
    #: `RepoDigests` where they are asked for, `Labels` even where there are none.
    seed_shape: bool = True
    #: Whether names are sorted by their full spelling, or by the familiar one.
    full_order: bool = False
    #: Whether an image without any name shows `<none>`, and one without one kind of them `null`.
    placeholders: bool = True
    #: `Created` of an image that does not say when it was made.
    undated: int = NEVER
    #: Whether there is `VirtualSize`, in the list and in an image's details.
    virtual_size: bool = True
    #: Whether `Size` counts what is below an image too, as `VirtualSize` does.
    whole_size: bool = False
    #: Whether there are `SharedSize` and `Containers`.
    counts: bool = False
    #: Whether `Containers` is a real count.
    counts_containers: bool = False

    # An image's details

    #: Whether whatever is wrong with a name means that there is no such image.
    unknown_if_malformed: bool = True
    #: What an error about the image that is asked for begins with; `{}` stands for the request's
    #: name.
    inspect_error: str = ""
    #: Whether a message about upper case in a repository says which.
    names_uppercase: bool = False
    #: `Created` of an image that does not say when it was made.
    undated_text: str | None = "0001-01-01T00:00:00Z"
    #: What `ContainerConfig` holds, beside which `Container` is empty; None if there are neither.
    container_config: Mapping[str, Any] | None = field(default_factory=lambda: _CONFIG_OF_1_49)
    #: The only members that `Config` may have; None: all that it has.
    config_members: frozenset[str] | None = None
    #: Members of `Config` that are there even if they are not set.
    config_defaults: Mapping[str, Any] = field(default_factory=lambda: _CONFIG_OF_1_49)
    #: Whether `Config` is an object even if the image has none.
    config_always: bool = False
    #: Whether `Parent`, `Comment` and `Author`, and such members of `Config`, are left out where
    #: they are empty.
    omit_empty: bool = False


# The contract's document v1.23; the seed and Docker 1.11.2.
V1_23 = Rules()
# The contract's overlay v1.24; moby v20.10.24 daemon/images/images.go, Images, and
# api/server/router/image/image_routes.go. 20.10 knows `reference` and the counts here already.
V1_24 = replace(
    V1_23,
    since="1.24",
    json_errors=True,
    page_not_found="page not found",
    filter_keys=("dangling", "label", "before", "since", "reference"),
    trailing_text=False,
    digest_alone_dangles=True,
    filter_is_reference=True,
    seed_shape=False,
    full_order=True,
    counts=True,
    unknown_if_malformed=False,
    inspect_error="no such image: {}: ",
)
# moby's development branch of August 2026, after v29.7.2: daemon/images/image_list.go, Images,
# and daemon/server/router/image/image_routes.go.
V1_42 = replace(
    V1_24,
    since="1.42",
    invalid_filter="invalid filter",
    terse_filters=True,
    filter_keys=("dangling", "label", "before", "since", "reference", "until"),
    strict_dangling=True,
    full_names_match=True,
    undated_is_old=False,
    undated=0,
    inspect_error="",
    names_uppercase=True,
    container_config=_CONTAINER_CONFIG,
    config_members=_MEMBERS,
    config_always=True,
)
# The rest is from image_routes.go there, which checks for these versions.
V1_43 = replace(V1_42, since="1.43", placeholders=False, whole_size=True)
V1_44 = replace(V1_43, since="1.44", virtual_size=False, undated_text=None)
V1_45 = replace(V1_44, since="1.45", container_config=None)
V1_50 = replace(V1_45, since="1.50", config_defaults=_CONFIG_OF_1_50)
V1_51 = replace(V1_50, since="1.51", counts_containers=True)
V1_52 = replace(V1_51, since="1.52", config_defaults={}, omit_empty=True)

_ALL = (V1_23, V1_24, V1_42, V1_43, V1_44, V1_45, V1_50, V1_51, V1_52)
_CHANGED = [ApiVersion(rules.since) for rules in _ALL[1:]]


def at(version: ApiVersion) -> Rules:
    """Return the rules of an API version: those of the latest change up to it."""
    # Nothing is kept by version: clients can make up any number of them.
    return _ALL[bisect_right(_CHANGED, version)]
