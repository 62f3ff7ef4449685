"""The table of departures, by the requirement that each breaks."""

from collections.abc import Sequence

from musterd.departures import conditions, members, podman, requests
from musterd.departures.exchange import Apply, Departure, member, rewriting, showing
from musterd.errors import ServeError

_PODMAN = "https://github.com/containers/podman"
_LIBIMAGE = "https://github.com/containers/common/blob/v0.50.1"
_MOBY = "https://github.com/moby/moby"
_FACTS: Sequence[tuple[str, str, Apply]] = (
    ("LIST-ANSWER", f"{_MOBY}/pull/45390", requests.text_media_type),
    ("LIST-SCHEMA", f"{_MOBY}/pull/11706", member(members.created_is_text)),
    ("LIST-VIRTUAL-SIZE", f"{_MOBY}/issues/43862", member(members.smaller_virtual_size)),
    ("LIST-EMPTY", f"{_MOBY}/pull/45390", showing(members.null_for_none)),
    (
        "LIST-ORDER",
        f"{_PODMAN}/blob/v4.3.1/pkg/domain/infra/abi/images_list.go#L22",
        showing(members.oldest_first),
    ),
    ("LIST-ID-UNIQUE", f"{_MOBY}/pull/44989", showing(members.twice)),
    ("LIST-INSPECT-SAME", f"{_MOBY}/issues/53398", members.inspect_other_size),
    (
        "LIST-INFO-COUNT",
        f"{_MOBY}/blob/v28.5.2/daemon/containerd/service.go#L95",
        members.one_more_in_info,
    ),
    ("LIST-PLACEHOLDER", f"{_MOBY}/pull/44840", member(members.lone_placeholder)),
    ("LIST-SAME-FIELDS", f"{_MOBY}/pull/42550", member(members.larger_if_filtered)),
    (
        "LIST-ALL-SPELLINGS",
        "https://github.com/docker/docker-py/pull/339",
        rewriting(requests.true_is_no),
    ),
    (
        "LIST-ALL-TRUTHINESS",
        "https://github.com/gorilla/schema/blob/v1.2.0/converter.go#L53",
        requests.strict_all,
    ),
    ("LIST-DIGESTS", f"{_PODMAN}/issues/29210", requests.empty_with_digests),
    ("LIST-DIGESTS-SHOWN", f"{_MOBY}/issues/29157", member(members.no_digests)),
    ("LIST-DANGLING-FALSE", f"{_LIBIMAGE}/libimage/image.go#L156", conditions.false_with_all),
    ("LIST-DANGLING-EXACT", f"{_LIBIMAGE}/libimage/filters.go#L248", rewriting(requests.spelled)),
    ("LIST-LABEL-KEY", f"{_LIBIMAGE}/pkg/filters/filters.go#L116", conditions.key_is_pattern),
    (
        "LIST-LABEL-EMPTY-VALUE",
        f"{_LIBIMAGE}/pkg/filters/filters.go#L115",
        rewriting(conditions.empty_value_is_any),
    ),
    ("LIST-LABEL-AND", f"{_PODMAN}/issues/18092", conditions.any_label),
    (
        "LIST-FILTERS-FORMS",
        f"{_PODMAN}/blob/v3.0.1/pkg/api/handlers/utils/images.go",
        rewriting(conditions.no_dangling_in_map),
    ),
    (
        "LIST-FILTERS-EMPTY",
        f"{_PODMAN}/blob/v4.3.1/pkg/api/handlers/compat/images.go",
        requests.no_empty_filters,
    ),
    (
        "LIST-FILTERS-MALFORMED",
        f"{_PODMAN}/blob/v3.0.1/pkg/api/handlers/utils/images.go",
        requests.malformed_filters_pass,
    ),
    ("LIST-FILTERS-UNKNOWN", f"{_MOBY}/blob/v1.3.0/graph/list.go", requests.unknown_filters_pass),
    ("LIST-CONDITIONS-AND", f"{_MOBY}/pull/45289", rewriting(conditions.only_label)),
    (
        "LIST-FILTERS-FALSE",
        f"{_PODMAN}/blob/v4.3.1/pkg/util/filters.go",
        rewriting(requests.map_counts_true),
    ),
    ("LIST-FILTER-NAME", f"{_LIBIMAGE}/libimage/filters.go", conditions.trailing("name", "filter")),
    ("LIST-FILTER-TAG", f"{_LIBIMAGE}/libimage/filters.go", conditions.trailing("tag", "filter")),
    ("LIST-FILTER-NARROWS", f"{_LIBIMAGE}/libimage/filters.go", conditions.whole_tags("filter")),
    (
        "LIST-FILTER-PATTERN",
        f"{_LIBIMAGE}/libimage/filters.go",
        conditions.trailing("pattern", "filter"),
    ),
    (
        "LIST-FILTER-IGNORED",
        f"{_PODMAN}/blob/v4.3.1/pkg/api/handlers/compat/images.go",
        rewriting(requests.filter_is_reference),
    ),
    (
        "LIST-REFERENCE-NAME",
        f"{_LIBIMAGE}/libimage/filters.go",
        conditions.trailing("name", "reference"),
    ),
    (
        "LIST-REFERENCE-TAG",
        f"{_LIBIMAGE}/libimage/filters.go",
        conditions.trailing("tag", "reference"),
    ),
    (
        "LIST-REFERENCE-NARROWS",
        f"{_LIBIMAGE}/libimage/filters.go",
        conditions.whole_tags("reference"),
    ),
    (
        "LIST-REFERENCE-PATTERN",
        f"{_LIBIMAGE}/libimage/filters.go",
        conditions.trailing("pattern", "reference"),
    ),
    ("LIST-REFERENCE-OR", f"{_MOBY}/issues/38164", rewriting(conditions.first_of("reference"))),
    ("LIST-BEFORE", f"{_MOBY}/pull/44503", conditions.including("before")),
    ("LIST-SINCE", f"{_MOBY}/pull/44503", conditions.including("since")),
    ("LIST-BEFORE-UNKNOWN", f"{_MOBY}/issues/11739", conditions.unknown_is_empty),
    ("LIST-TIMES-AND", f"{_MOBY}/pull/44503", rewriting(conditions.first_of("before", "since"))),
    ("LIST-UNTIL", f"{_MOBY}/pull/44503", conditions.any_until),
    (
        "LIST-VIRTUAL-SIZE-GONE",
        f"{_PODMAN}/blob/v4.3.1/pkg/api/handlers/compat/images.go",
        member(members.virtual_size),
    ),
    (
        "LIST-NOT-CALCULATED",
        f"{_PODMAN}/blob/v4.3.1/pkg/domain/infra/abi/images_list.go#L47",
        member(members.counted_zero),
    ),
    ("LIST-SHARED-SIZE", f"{_MOBY}/pull/51631", member(members.never_shared_size)),
    ("LIST-LATER-MEMBERS", f"{_MOBY}/pull/49533", member(members.manifests)),
    (
        "LIST-LATER-PARAMETERS",
        f"{_PODMAN}/blob/v5.8.6/pkg/api/handlers/compat/images.go",
        member(members.shared_size_zero),
    ),
    (
        "LIST-IDENTITY-ALONE",
        f"{_MOBY}/blob/master/api/docs/CHANGELOG.md",
        rewriting(requests.without_parameter("identity")),
    ),
    (
        "LIST-PARAMETER-CASE",
        "https://github.com/gorilla/schema/blob/v1.2.0/cache.go",
        rewriting(requests.any_case),
    ),
    (
        "LIST-FIRST-VALUE",
        "https://github.com/gorilla/schema/blob/v1.2.0/decoder.go",
        requests.last_value,
    ),
    ("LIST-ERROR-STATUS", f"{_MOBY}/pull/43312", requests.errors_are_500),
    ("LIST-ERROR-MESSAGE", f"{_MOBY}/issues/11739", requests.no_message),
    ("LIST-ERROR-JSON", f"{_MOBY}/blob/v28.5.2/api/server/server.go", requests.errors_are_text),
    (
        "HTTP-UNVERSIONED",
        f"{_PODMAN}/blob/v4.3.1/pkg/api/server/register_images.go",
        requests.unversioned_is_unknown,
    ),
    (
        "HTTP-VERSION-TOO-NEW",
        f"{_PODMAN}/blob/v4.3.1/pkg/api/server/register_images.go",
        requests.newer_version,
    ),
    (
        "HTTP-VERSION-TOO-OLD",
        f"{_PODMAN}/blob/v4.3.1/pkg/api/server/register_images.go",
        requests.older_version,
    ),
    (
        "HTTP-QUERY-MALFORMED",
        f"{_PODMAN}/blob/v4.3.1/pkg/api/handlers/compat/images.go",
        requests.bad_escapes_pass,
    ),
    ("HTTP-TRAILING-SLASH", f"{_MOBY}/blob/v1.11.2/api/server/server.go", requests.slash_is_served),
    (
        "HTTP-ENCODED-PATH",
        "https://github.com/gorilla/mux/blob/v1.8.0/mux.go",
        requests.encoded_is_unknown,
    ),
)
DEPARTURES: dict[str, Departure] = {
    name: Departure(name, (apply.__doc__ or "").partition("\n")[0], source, apply)
    for name, source, apply in _FACTS
}

# What an engine does that breaks several requirements together, and that `--depart` does not offer.
_TOGETHER: dict[str, Departure] = {
    name: Departure(
        name,
        "List images, and name and show them, as podman does.",
        source,
        apply,
        podman.resolve,
    )
    for name, source, apply in (
        ("PODMAN-4.3", f"{_PODMAN}/issues/18092", podman.PODMAN_4_3.apply),
        ("PODMAN-5.8", f"{_PODMAN}/issues/25725", podman.PODMAN_5_8.apply),
    )
}


def find(text: str) -> tuple[Departure, ...]:
    """Return the departures that *text* names, separated by commas.

    Raises:
        ServeError: There is no such departure; the message lists all.
    """
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in DEPARTURES]:
        raise ServeError(f"there is no departure {unknown[0]!r}, only {', '.join(DEPARTURES)}")
    return named(names)


def named(names: Sequence[str]) -> tuple[Departure, ...]:
    """Return the departures of these names, among them those that are an engine's alone."""
    return tuple((DEPARTURES | _TOGETHER)[name] for name in names)
