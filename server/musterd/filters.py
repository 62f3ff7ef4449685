"""The parameters `filters` and `filter`: what they say, and whether an image meets it.

The contract's rules `filters.*`, `dangling.*`, `label.*` and `filter.*`; moby v1.11.2
``daemon/images.go:Images`` and
``vendor/src/github.com/docker/engine-api/types/filters/parse.go``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from musterd import reference
from musterd.errors import BadRequestError
from musterd.image import Image
from musterd.pattern import BadPatternError, Pattern
from musterd.reference import Reference

_KNOWN = ("dangling", "label")
_SURROGATE = re.compile("[\ud800-\udfff]")
_JSON_SPACE = " \t\r\n"

#: A filter's values; what stands with each is of interest to `dangling` alone.
_Values = Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class LabelCondition:
    """A label that an image must have, with this value unless that is None."""

    key: str
    value: str | None

    def admits(self, labels: Mapping[str, str]) -> bool:
        """Tell whether *labels* meet the condition."""
        return self.key in labels and self.value in (None, labels[self.key])


@dataclass(frozen=True, slots=True)
class Filters:
    """What `filters` asks for."""

    #: None: both; True: only images without name and children; False: only images with a name.
    dangling: bool | None = None
    #: None: no condition; an empty tuple still keeps images without config away, as Docker does.
    labels: tuple[LabelCondition, ...] | None = None

    def admit_labels_of(self, image: Image) -> bool:
        """Tell whether *image* meets the conditions on labels."""
        if self.labels is None:
            return True
        labels = image.labels or {}
        return image.has_config and all(condition.admits(labels) for condition in self.labels)


@dataclass(frozen=True, slots=True)
class ExactName:
    """A `filter` that is a name with a tag."""

    text: str

    def admits(self, name: Reference) -> bool:
        """Tell whether *name* is the same to the letter."""
        return name.familiar == self.text


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A `filter` that is anything else; None stands for a malformed one, which fits no name."""

    pattern: Pattern | None

    def admits(self, name: Reference) -> bool:
        """Tell whether the pattern fits the repository of *name*."""
        return self.pattern is not None and self.pattern.matches(name.repository)


#: What `filter` asks for: it admits names, and thereby the images that have one.
NameFilter = ExactName | NamePattern


def parse_name(text: str) -> NameFilter | None:
    """Read `filter`; the empty text sets no condition."""
    if not text:
        return None
    try:
        if reference.parse(text).tag is not None:
            return ExactName(text)
    except reference.InvalidReferenceError:
        pass  # a pattern need not be a name
    try:
        return NamePattern(Pattern.parse(text))
    except BadPatternError:
        return NamePattern(None)


def parse(text: str) -> Filters:
    """Read `filters`, in either wire form.

    Raises:
        BadRequestError: It is no such JSON, names an unknown filter, or gives `dangling` a value
            that it does not have.
    """
    found = _decode(text) if text else {}
    for name in found:
        if name not in _KNOWN:
            raise BadRequestError(f"Invalid filter '{name}'")
    return Filters(
        dangling=_dangling(found["dangling"]) if "dangling" in found else None,
        labels=tuple(map(_label, found["label"])) if "label" in found else None,
    )


def _dangling(values: _Values) -> bool:
    if not values or values.get("true"):
        return True
    if values.get("false"):
        return False
    raise BadRequestError(f"Invalid filter 'dangling=[{' '.join(values)}]'")


def _label(text: str) -> LabelCondition:
    key, equals, value = text.partition("=")
    return LabelCondition(key, value if equals else None)


def _decode(text: str) -> dict[str, _Values]:
    """Decode the object of objects, or else the object of lists.

    Docker's decoder reads one value and leaves what follows; its second attempt begins with
    those leftovers. So text after an object of objects does no harm, and after one of lists
    it does, unless it is blank.
    """
    value, rest = _decode_one(text)
    maps = _as_maps(value)
    if maps is not None:
        return maps
    if rest.strip(_JSON_SPACE):
        value, _ = _decode_one(rest + text)
    lists = _as_lists(value)
    if lists is not None:
        return lists
    raise BadRequestError(
        'filters must be a JSON object such as {"label":["key=value"]} or '
        '{"label":{"key=value":true}}, the same form throughout'
    )


def _decode_one(text: str) -> tuple[object, str]:
    text = text.lstrip(_JSON_SPACE)
    try:
        value, end = json.JSONDecoder(parse_constant=_refuse).raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"filters is not valid JSON: {error}") from None
    return value, text[end:]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def _as_maps(value: object) -> dict[str, _Values] | None:
    try:
        maps = msgspec.convert(value, dict[str, dict[str, bool | None] | None] | None)
    except msgspec.ValidationError:
        return None
    return {
        _text(name): {_text(text): bool(flag) for text, flag in (values or {}).items()}
        for name, values in (maps or {}).items()
    }


def _as_lists(value: object) -> dict[str, _Values] | None:
    try:
        lists = msgspec.convert(value, dict[str, list[str | None] | None] | None)
    except msgspec.ValidationError:
        return None
    return {
        _text(name): {_text(text or ""): True for text in values or ()}
        for name, values in (lists or {}).items()
    }


def _text(text: str) -> str:
    """Replace what is no text outside JSON, as Go's decoder does."""
    return _SURROGATE.sub("\ufffd", text)
