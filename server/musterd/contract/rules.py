"""Where API versions differ from each other. No other module compares versions.

The rules follow the seed and Docker 1.11.2 up to 1.23, Docker 20.10 from 1.24 to 1.41, and Docker
29 from 1.42 on. A daemon applies most of its rules whatever version the client asks for; here a
rule starts with the first version of its daemon's range. The parameters of a version are not
listed here: they come from its document, and handlers never see any others.
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
# The members of an OCI image config and Docker's extensions; Docker 29 shows no others.
_MEMBERS = frozenset(_CONFIG_OF_1_50) | {
    "ArgsEscaped",
    "ExposedPorts",
    "Healthcheck",
    "Shell",
    "StopSignal",
}
# The empty `ContainerConfig` that Docker 29 still sends.
_CONTAINER_CONFIG = {key: _CONFIG_OF_1_49[key] for key in _CONFIG_OF_1_49 if key != "OnBuild"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one API version. The defaults hold for 1.23 and below.

    There is one instance for each version that changed something.

    Attributes:
        since: The first version with these rules; it identifies them.

        json_errors: Whether an error is a JSON object rather than plain text.
        page_not_found: The message for an unknown path, or for a method that a path does not have.
        invalid_filter: The beginning of a message about an invalid filter.
        terse_filters: Whether the message about unreadable `filters` has nothing after that
            beginning.

        filter_keys: The keys that `filters` accepts.
        trailing_text: Whether text after the map form of `filters` is ignored.
        strict_dangling: Whether `dangling` also accepts `1` and `0`, and must be unambiguous.
        digest_alone_dangles: Whether an image with a digest but no tag is both dangling and named.
        filter_is_reference: Whether the parameter `filter` adds a value to the filter `reference`.
        terse_until: Whether the message about an invalid time in `until` says only what it is.
        full_names_match: Whether `reference` is also matched against the full spelling of a name.
        undated_is_old: Whether `before` and `since` treat an image without a date as created in
            year 1. If not, it satisfies no date condition, and sets none.

        seed_shape: Whether images have the shape of the seed's examples: `ParentId` only if there
            is a parent, `RepoDigests` only on request, `Labels` even if there are none.
        full_order: Whether names are sorted by their full spelling rather than the familiar one.
        placeholders: Whether an image without any name shows `<none>`, and an image without tags
            or without digests shows `null` for them.
        undated: `Created` in the list for an image without a creation date, in seconds since 1970.
        virtual_size: Whether the list and the details of an image have `VirtualSize`.
        virtual_size_of_empty: Whether the list has `VirtualSize` of an image of 0 bytes.
        whole_size: Whether `Size` includes the parents' layers, as `VirtualSize` does.
        counts: Whether the list has `SharedSize` and `Containers`.
        counts_containers: Whether `Containers` is a real count.
        containerd: Whether images are shown as Docker's containerd store has them.
        descriptor: Whether the list and the details of an image have `Descriptor`, in that style.
        empty_labels: Whether the list has empty labels for an image without any, in that style.
        shares_content: Whether `SharedSize` counts packed content too, in that style.
        lenient_label_not: Whether `label!` with a value admits images without the label.

        old_usage: Whether disk usage has `BuilderSize`, and shows missing names as the list does.
        usage: Whether disk usage has a summary for each kind of object.

        push_needs_auth: Whether a push needs the header `X-Registry-Auth`, or a body.
        warns_of_platform: Whether a pull ends with a warning if the image is for another platform
            than the one that was asked for.

        unknown_if_malformed: Whether a malformed name gets the answer for an unknown image.
        inspect_error: The prefix of errors about the inspected image; `{}` stands for the name in
            the request.
        names_uppercase: Whether the message about a repository in upper case quotes it.
        new_name_first: Whether tagging checks the new name before it looks for the image, and
            refuses a digest in it even if there is a tag.
        undated_text: `Created` in the details of an image without a creation date.
        container_config: The content of `ContainerConfig`, which comes with an empty `Container`;
            None if the details have neither.
        config_members: The only members that `Config` may have; None if it keeps all of them.
        config_defaults: Members that `Config` has even if the image does not set them.
        config_always: Whether `Config` is an object even if the image has none.
        packed_size: Whether `Size` counts the packed content only, in the style of the containerd
            store.
        omit_empty: Whether `Parent`, `Comment`, `Author` and empty members of `Config` are omitted.
    """

    since: str = "1.23"

    # Errors

    json_errors: bool = False
    page_not_found: str = "404 page not found"
    invalid_filter: str = "Invalid filter"
    terse_filters: bool = False

    # Filters

    filter_keys: tuple[str, ...] = ("dangling", "label")
    trailing_text: bool = True
    strict_dangling: bool = False
    digest_alone_dangles: bool = False
    filter_is_reference: bool = False
    terse_until: bool = False
    full_names_match: bool = False
    undated_is_old: bool = True

    # The list

    seed_shape: bool = True
    full_order: bool = False
    placeholders: bool = True
    undated: int = NEVER
    virtual_size: bool = True
    virtual_size_of_empty: bool = True
    whole_size: bool = False
    counts: bool = False
    counts_containers: bool = False
    containerd: bool = False
    descriptor: bool = False
    empty_labels: bool = False
    shares_content: bool = False
    lenient_label_not: bool = True
    old_usage: bool = True
    usage: bool = False

    # Pull and push

    push_needs_auth: bool = True
    warns_of_platform: bool = False

    # An image's details

    unknown_if_malformed: bool = True
    inspect_error: str = ""
    names_uppercase: bool = False
    new_name_first: bool = False
    undated_text: str | None = "0001-01-01T00:00:00Z"
    container_config: Mapping[str, Any] | None = field(default_factory=lambda: _CONFIG_OF_1_49)
    config_members: frozenset[str] | None = None
    config_defaults: Mapping[str, Any] = field(default_factory=lambda: _CONFIG_OF_1_49)
    config_always: bool = False
    packed_size: bool = False
    omit_empty: bool = False


# The contract's document v1.23; the seed and Docker 1.11.2.
V1_23 = Rules()
# The contract's overlay v1.24; moby v20.10.24 daemon/images/images.go, Images, and
# api/server/router/image/image_routes.go. 20.10 already has `reference` and the counts.
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
    old_usage=False,
    push_needs_auth=False,
    warns_of_platform=True,
    inspect_error="",
    names_uppercase=True,
    new_name_first=True,
    container_config=_CONTAINER_CONFIG,
    config_members=_MEMBERS,
    config_always=True,
)
# The later rules are from that image_routes.go, which compares with these versions.
V1_43 = replace(V1_42, since="1.43", placeholders=False, whole_size=True)
V1_44 = replace(V1_43, since="1.44", virtual_size=False, undated_text=None)
V1_45 = replace(V1_44, since="1.45", container_config=None)
V1_50 = replace(V1_45, since="1.50", config_defaults=_CONFIG_OF_1_50)
V1_51 = replace(V1_50, since="1.51", counts_containers=True)
V1_52 = replace(V1_51, since="1.52", config_defaults={}, omit_empty=True, usage=True)

ALL = (V1_23, V1_24, V1_42, V1_43, V1_44, V1_45, V1_50, V1_51, V1_52)
_CHANGED = [ApiVersion(rules.since) for rules in ALL[1:]]


def at(version: ApiVersion) -> Rules:
    """Return the rules of an API version: those of the latest change up to it."""
    # No cache by version: clients could fill it with made-up versions.
    return ALL[bisect_right(_CHANGED, version)]
