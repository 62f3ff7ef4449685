"""Filters as podman reads them: texts of a key and a value.

Source: podman v4.3.1 ``pkg/util/filters.go:FiltersFromRequest``, containers/common v0.50.1
``libimage/filters.go:compileImageFilters`` and ``pkg/filters/filters.go:matchPattern``; podman
v5.8.6 and container-libs ``common/v0.67.1`` for the same functions.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from musterd.departures.exchange import Image

BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
# Of musterd's images, none is in a read-only store, used by a container, or a list of manifests.
BOOLEAN_KEYS = ("dangling", "intermediate", "readonly", "containers", "manifest")
_KEYS = (*BOOLEAN_KEYS, "before", "since", "until", "label", "reference", "id")


class WrongFilterError(ValueError):
    """podman refuses a filter; the message is podman's."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One value of a filter.

    Attributes:
        key: The filter.
        value: The value.
        negated: Whether images must not meet it.
    """

    key: str
    value: str
    negated: bool = False

    @property
    def boolean(self) -> bool:
        """The value of a filter that is yes or no."""
        return BOOLEANS[self.value]


def conditions(text: str | None, *, joined: bool) -> list[Condition]:
    """Return the conditions of the parameter `filters`.

    Args:
        text: The parameter; None if it is absent.
        joined: Whether the values of a list are joined to one.

    Raises:
        WrongFilterError: The parameter or a filter is malformed, or there is no such filter.
    """
    found = [_condition(each) for each in _texts(text, joined=joined)]
    for key in BOOLEAN_KEYS:
        if len({each.value for each in found if each.key == key}) > 1:
            raise WrongFilterError(
                f'specifying "{key}" filter more than once with different values is not supported'
            )
    return found


def _texts(text: str | None, *, joined: bool) -> list[str]:
    if text is None:
        return []
    try:
        filters = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise WrongFilterError(f"invalid character in filters {text[:80]!r}") from None
    if filters is None:
        return []
    if not isinstance(filters, dict):
        raise WrongFilterError("json: cannot unmarshal filters into Go value")
    entries = filters.items()
    if all(_is_map(values) for _, values in entries):
        return [
            f"{key}={value}"
            for key, values in entries
            for value, counts in (values or {}).items()
            if counts
        ]
    if not all(_is_list(values) for _, values in entries):
        raise WrongFilterError("json: cannot unmarshal filters into Go value")
    if joined:
        return ["=".join([key, *(values or ())]) for key, values in entries]
    return [f"{key}={value}" for key, values in entries for value in values or ()]


def _refuse(constant: str) -> None:
    """Refuse what only Python takes for JSON."""
    raise ValueError(constant)


def _is_map(values: object) -> bool:
    return values is None or (
        isinstance(values, dict) and all(isinstance(each, bool) for each in values.values())
    )


def _is_list(values: object) -> bool:
    return values is None or (
        isinstance(values, list) and all(isinstance(each, str) for each in values)
    )


def _condition(text: str) -> Condition:
    negated = "!=" in text
    key, found, value = text.partition("!=" if negated else "=")
    if not found:
        raise WrongFilterError(
            f'invalid image filter "{text}": must be in the format "filter=value or filter!=value"'
        )
    key = "since" if key == "after" else key
    if key not in _KEYS:
        raise WrongFilterError(f'unsupported image filter "{key}"')
    if key in BOOLEAN_KEYS and value not in BOOLEANS:
        raise WrongFilterError(
            f'non-boolean value "{key}" for {value} filter: strconv.ParseBool: '
            f'parsing "{value}": invalid syntax'
        )
    return Condition(key, value, negated)


def has_label(image: Image, text: str) -> bool:
    """Tell whether an image has a label: an empty value is any, and a key may be a pattern."""
    key, _, value = text.partition("=")
    return any(
        (not value or value == shown) and (key == name or _fits(key, name))
        for name, shown in (image["Labels"] or {}).items()
    )


def _fits(pattern: str, text: str) -> bool:
    # Its stars match slashes, which it replaces before it matches.
    return "*" in pattern and fnmatchcase(text.replace("/", "|"), pattern.replace("/", "|"))


def groups(found: Iterable[Condition], *, any_value: Sequence[str]) -> list[list[Condition]]:
    """Return groups of conditions; an image must meet one of each group.

    Args:
        found: The conditions.
        any_value: The filters of which one value is enough.
    """
    made: dict[object, list[Condition]] = {}
    for place, each in enumerate(found):
        made.setdefault(each.key if each.key in any_value else place, []).append(each)
    return list(made.values())
