"""The parameters `filters` and `filter`: parsing and matching.

The contract's rules `filters.*`, `dangling.*`, `label.*`, `reference.*`, `until.*` and `filter.*`;
moby v1.11.2 ``daemon/images.go:Images`` and
``vendor/src/github.com/docker/engine-api/types/filters/parse.go``, v20.10.24 and v29
``daemon/images/images.go``.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from musterd.contract.rules import Rules
from musterd.errors import (
    BadRequestError,
    FilterError,
    FiltersError,
    PatternError,
    RequestError,
    TimestampError,
)
from musterd.images import reference
from musterd.images.glob import BadPatternError, Pattern, PatternSet
from musterd.images.image import Image
from musterd.images.reference import Reference
from musterd.listing import timestamps
from musterd.listing.labels import LabelCondition, conditions_on_labels

# The limit on `filters` and `filter` together, in characters.
LONGEST = 16_384
# The limit on the values of all filters together.
MOST_VALUES = 100
# The limit on all patterns together, in characters, not counting literal names.
LONGEST_PATTERNS = 4_096

_SURROGATE = re.compile("[\ud800-\udfff]")
_JSON_SPACE = " \t\r\n"

# The values of a filter. Only `dangling` uses the boolean of a value.
Values = Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class ExactName:
    """A `filter` of v1.23 that is a name with a tag.

    Attributes:
        text: The name.
    """

    text: str

    def admits(self, name: Reference) -> bool:
        """Tell whether *name* has exactly this spelling."""
        return name.familiar == self.text


@dataclass(frozen=True)
class RepositoryPattern:
    """A `filter` of v1.23 without a tag, which is a pattern for repositories.

    Attributes:
        pattern: The pattern; None if it is malformed, and so matches nothing.
    """

    pattern: Pattern | None

    def admits(self, name: Reference) -> bool:
        """Tell whether the pattern matches the repository of *name*."""
        return self._compiled.fits(name.repository)

    @cached_property
    def _compiled(self) -> PatternSet:
        return PatternSet(() if self.pattern is None else (self.pattern,))


@dataclass(frozen=True)
class NamePatterns:
    """The values of `reference`.

    Attributes:
        patterns: The values; None stands for a malformed one.
        full: Whether they are also matched against full spellings.
    """

    patterns: tuple[Pattern | None, ...]
    full: bool

    def admits(self, name: Reference) -> bool:
        """Tell whether a pattern matches *name*, with or without its tag or digest.

        Raises:
            PatternError: Matching reached a malformed pattern.
        """
        patterns, is_malformed = self._compiled
        if patterns.fits(name.familiar, len(name.repository)) or (
            self.full and patterns.fits(name.full, len(name.full_repository))
        ):
            return True
        if is_malformed:
            raise PatternError("syntax error in pattern")
        return False

    @cached_property
    def _compiled(self) -> tuple[PatternSet, bool]:
        """The patterns before the first malformed one, and whether there is a malformed one."""
        end = self.patterns.index(None) if None in self.patterns else len(self.patterns)
        good = (each for each in self.patterns[:end] if each is not None)
        return PatternSet(good), end < len(self.patterns)


# A condition on names. It admits names, and the images that have one of them.
NameFilter = ExactName | RepositoryPattern | NamePatterns


@dataclass(frozen=True, slots=True)
class Filters:
    """The conditions in `filters` and `filter`.

    Attributes:
        dangling: True for only images without name and children, False for only images with a
            name, None for both.
        labels: Conditions on labels; None for no condition. An empty tuple still excludes images
            without a config, as in Docker.
        name: The condition on names; None for no condition.
        before: Names or Ids of images, as in the request; only images older than each are admitted.
        since: Names or Ids of images, as in the request; only images newer than each are admitted.
        until: Times in nanoseconds since 1970; only images created before each are admitted.
        error: The error of a value that Docker reads only after it has looked up the images of
            `before`, and with the containerd store those of `since` too. None if there is none.
    """

    dangling: bool | None = None
    labels: tuple[LabelCondition, ...] | None = None
    name: NameFilter | None = None
    before: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    until: tuple[int, ...] = ()
    error: RequestError | None = None

    def admit_labels_of(self, image: Image) -> bool:
        """Tell whether *image* satisfies the conditions on labels."""
        conditions = self.labels
        return conditions is None or any(
            all(condition.admits(labels) for condition in conditions)
            for labels in image.label_sets()
        )


def parse(text: str, name: str, rules: Rules, now: int) -> Filters:
    """Parse `filters`, in either wire format, and `filter`.

    Args:
        text: The value of `filters`.
        name: The value of `filter`.
        rules: The rules of the request's API version.
        now: The current time, in nanoseconds since 1970.

    Raises:
        BadRequestError: `filters` is not such JSON, has an unknown filter or an invalid value, or
            exceeds the limits.
    """
    _check_length(len(text) + len(name))
    found = conditions(text, rules.filter_keys, rules)
    dangling: bool | None = None
    times: tuple[int, ...] = ()
    error: RequestError | None = None
    try:
        dangling = _dangling(found["dangling"], rules) if "dangling" in found else None
    except FilterError as refused:
        if not rules.containerd:
            raise
        error = refused
    try:
        times = tuple(until(value, now, rules) for value in found.get("until", ()))
    except TimestampError as refused:
        error = refused
    return Filters(
        dangling=dangling,
        labels=conditions_on_labels(found, rules),
        name=_name(found.get("reference"), name, rules),
        before=tuple(found.get("before", ())),
        since=tuple(found.get("since", ())),
        until=times,
        error=error,
    )


def conditions(text: str, keys: Collection[str] | None, rules: Rules) -> dict[str, Values]:
    """Decode a parameter `filters`, in either wire format, within the limits.

    Args:
        text: The value of the parameter; empty for no conditions.
        keys: The known filters; None to accept any.
        rules: The rules of the request's API version.

    Returns:
        The values of each filter in the parameter.

    Raises:
        BadRequestError: It is not such JSON, has an unknown filter, or exceeds the limits.
    """
    _check_length(len(text))
    found = _decode(text, rules) if text else {}
    for key in found:
        if keys is not None and key not in keys:
            raise invalid(key, None, rules)
    if sum(map(len, found.values())) > MOST_VALUES:
        raise BadRequestError(f"the filters have more than {MOST_VALUES} values")
    return found


def _check_length(length: int) -> None:
    if length > LONGEST:
        raise BadRequestError(f"the filters have more than {LONGEST} characters")


def invalid(key: str, values: Iterable[str] | None, rules: Rules) -> FilterError:
    """Return the error for a filter; newer daemons omit an empty key from the message."""
    if rules.terse_filters and not key:
        return FilterError(rules.invalid_filter)
    what = key if values is None else f"{key}=[{' '.join(values)}]"
    return FilterError(f"{rules.invalid_filter} '{what}'")


def _dangling(values: Values, rules: Rules) -> bool:
    if rules.strict_dangling:
        return strict_dangling(values, rules)
    if not values or values.get("true"):
        return True
    if values.get("false"):
        return False
    raise invalid("dangling", values, rules)


def strict_dangling(values: Values, rules: Rules) -> bool:
    """Parse the values of `dangling`, which must be unambiguous.

    Raises:
        BadRequestError: They are not.
    """
    true = any(values.get(text, False) for text in ("1", "true"))
    if true == any(values.get(text, False) for text in ("0", "false")):
        raise invalid("dangling", values or None, rules)
    return true


def _name(references: Iterable[str] | None, name: str, rules: Rules) -> NameFilter | None:
    """Parse `reference`, None if absent, and `filter`, which has no effect if empty."""
    if not rules.filter_is_reference:
        return _repository(name) if name else None
    if name:
        references = (*(references or ()), name)
    if references is None:
        return None
    patterns = _patterns(references)
    if rules.containerd:
        # It ignores malformed patterns, and sets no condition without a value.
        if not patterns:
            return None
        patterns = tuple(pattern for pattern in patterns if pattern is not None)
    return NamePatterns(patterns, rules.full_names_match)


def _repository(text: str) -> NameFilter:
    try:
        if reference.parse(text).tag is not None:
            return ExactName(text)
    except reference.InvalidReferenceError:
        pass  # a pattern need not be a valid name
    (pattern,) = _patterns([text])
    return RepositoryPattern(pattern)


def _patterns(texts: Iterable[str]) -> tuple[Pattern | None, ...]:
    patterns: list[Pattern | None] = []
    length = 0
    for text in texts:
        try:
            pattern = Pattern.parse(text)
        except BadPatternError:
            patterns.append(None)
            continue
        patterns.append(pattern)
        length += 0 if pattern.is_literal else len(text)
    if length > LONGEST_PATTERNS:
        raise BadRequestError(f"the patterns have more than {LONGEST_PATTERNS} characters")
    return tuple(patterns)


def until(text: str, now: int, rules: Rules) -> int:
    """Parse a value of `until` into nanoseconds since 1970.

    Args:
        text: The value.
        now: The current time, in nanoseconds since 1970.
        rules: The rules of the request's API version.

    Raises:
        TimestampError: It is not a timestamp.
    """
    try:
        return timestamps.parse(text, now)
    except timestamps.InvalidTimestampError as error:
        reason = f"invalid value for 'until' filter: {error}"
        if rules.terse_until:
            shown = json.dumps(text, ensure_ascii=False)
            reason = f"failed to parse value as time or duration: {shown}"
        raise TimestampError(reason) from None


def _decode(text: str, rules: Rules) -> dict[str, Values]:
    try:
        return _decode_either(text, trailing_text=rules.trailing_text)
    except FiltersError:
        if rules.terse_filters:
            raise FiltersError(rules.invalid_filter) from None
        raise


def _decode_either(text: str, *, trailing_text: bool) -> dict[str, Values]:
    """Decode the map of maps, or else the map of lists.

    Docker's old decoder reads one value and ignores the rest; its second attempt starts with that
    rest. So text after a map of maps is harmless, and text after a map of lists is an error unless
    it is blank. The newer decoder accepts no trailing text.
    """
    value, rest = _decode_one(text)
    maps = _as_maps(value)
    if rest.strip(_JSON_SPACE) and not trailing_text:
        raise FiltersError("filters has text after its JSON value")
    if maps is not None:
        return maps
    if rest.strip(_JSON_SPACE):
        value, _ = _decode_one(rest + text)
    lists = _as_lists(value)
    if lists is not None:
        return lists
    raise FiltersError(
        'filters must be a JSON object such as {"label":["key=value"]} or '
        '{"label":{"key=value":true}}, the same form throughout'
    )


def _decode_one(text: str) -> tuple[object, str]:
    text = text.lstrip(_JSON_SPACE)
    try:
        value, end = json.JSONDecoder(parse_constant=_refuse).raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise FiltersError(f"filters is not valid JSON: {error}") from None
    return value, text[end:]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _as_maps(value: object) -> dict[str, Values] | None:
    try:
        maps = msgspec.convert(value, dict[str, dict[str, bool | None] | None] | None)
    except msgspec.ValidationError:
        return None
    return {
        _text(name): {_text(text): bool(flag) for text, flag in (values or {}).items()}
        for name, values in (maps or {}).items()
    }


def _as_lists(value: object) -> dict[str, Values] | None:
    try:
        lists = msgspec.convert(value, dict[str, list[str | None] | None] | None)
    except msgspec.ValidationError:
        return None
    return {
        _text(name): {_text(text or ""): True for text in values or ()}
        for name, values in (lists or {}).items()
    }


def _text(text: str) -> str:
    """Replace characters that are invalid outside JSON, as Go's decoder does."""
    return _SURROGATE.sub("\ufffd", text)
