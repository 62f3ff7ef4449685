"""Conditions of a query, drawn at random: keys of `filters`, and `filter`.

Every choice is an index below a bound, 0 the simplest, taken from a function: that of a random
generator draws many queries fast, that of Hypothesis makes a query that shows a fault shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TypeVar

from muster.fuzzing.values import NO_LABEL, NO_NAME, ImageValues, SampleValues
from muster.model.glob import BadPattern, matches
from muster.model.name_filter import WITH_REFERENCE, WITHOUT_FILTER
from muster.model.query import Query
from muster.model.reference import canonical
from muster.model.version import ApiVersion

T = TypeVar("T")

Choose = Callable[[int], int]
"""An index below the bound that it is given; the lower, the simpler is what it stands for."""

WITH_BEFORE = ApiVersion(1, 24)
UNKNOWN_FILTERS = ("muster", "Dangling", "labels", "Label")
NO_BOOLEANS = ("muster", "ture", "2")


class Trait(StrEnum):
    """What a query may consist of."""

    PLAIN = "no all"
    ALL = "all"
    ALL_SPELLED = "a documented spelling of all other than 1"
    ALL_LOOSE = "another text for all"
    DIGESTS = "digests"
    DANGLING_TRUE = "dangling=true"
    DANGLING_FALSE = "dangling=false"
    DANGLING_MISTAKE = "dangling with a value that is no boolean"
    LABEL_KEY = "label=key"
    LABEL_VALUE = "label=key=value"
    LABEL_EMPTY_VALUE = "label=key="
    LABELS = "several labels"
    FILTER_NAME = "filter=repository"
    FILTER_TAG = "filter=repository:tag"
    FILTER_PATTERN = "filter with a pattern"
    FILTER_IGNORED = "filter, where it is no parameter any more"
    REFERENCE_NAME = "reference=repository"
    REFERENCE_TAG = "reference=repository:tag"
    REFERENCE_PATTERN = "reference with a pattern"
    REFERENCES = "several references"
    BEFORE = "before"
    SINCE = "since"
    SEVERAL_TIMES = "before or since with several images"
    TIME_MISTAKE = "before or since an image that is not there"
    UNKNOWN_FILTER = "a filter that does not exist"
    NO_FILTERS = "an empty value of filter or filters"
    CONDITIONS = "several conditions"
    UNKNOWN_PARAMETER = "a parameter that does not exist"
    OTHER_CASE = "a parameter in another case"
    REPEATED = "a parameter that is given twice"
    MAP_FORM = "filters in the map form"
    ENCODING = "an unusual spelling"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of `filters`, or `filter`.

    Attributes:
        key: its name.
        values: as written.
        meanings: the values that it may be taken for; empty if it is a mistake.
        traits: what it consists of.
        refusable: whether an error is a correct answer as well.
    """

    key: str
    values: tuple[str, ...]
    meanings: tuple[tuple[str, ...], ...]
    traits: tuple[Trait, ...]
    refusable: bool = False


def pick(choose: Choose, values: Sequence[T]) -> T:
    """One of *values*."""
    return values[choose(len(values))]


def draw_conditions(choose: Choose, samples: SampleValues, version: ApiVersion) -> list[Condition]:
    """None, one or several; mostly such as the same image meets."""
    image = pick(choose, samples.images)
    drawers: list[Drawer] = [_labels, _dangling, _filter, _unknown]
    if version >= WITH_BEFORE:
        drawers += [_before, _since]
    if version >= WITH_REFERENCE:
        drawers.append(_references)
    if choose(3) == 0:
        # What is too generous shows best where nothing else narrows the answer.
        drawers = [pick(choose, drawers)]
    drawn = (drawer(choose, samples, image, version) for drawer in drawers)
    found = [condition for condition in drawn if condition is not None]
    if WITH_REFERENCE <= version < WITHOUT_FILTER and "reference" in {each.key for each in found}:
        # To some engines filter is one reference more there, to others nothing.
        return [condition for condition in found if condition.key != "filter"]
    return found


Drawer = Callable[[Choose, SampleValues, ImageValues, ApiVersion], Condition | None]


def _value(choose: Choose, fits: Sequence[T], near: Sequence[T], everywhere: Sequence[T]) -> T:
    """A value that fits the image, or nearly does, or that fits some image."""
    match choose(7):
        case 0 | 1 | 2 | 3:
            order = (fits, everywhere)
        case 4 | 5:
            order = (near, everywhere)
        case _:
            order = (everywhere, near)
    return pick(choose, next(values for values in order if values))


def _labels(
    choose: Choose, samples: SampleValues, image: ImageValues, _: ApiVersion
) -> Condition | None:
    count = (0, 0, 0, 1, 1, 2, 3)[choose(7)]
    if not count:
        return None
    values: list[str] = []
    traits: list[Trait] = [Trait.LABELS] if count > 1 else []
    fits, near, everywhere = image.fits, image.near, samples.everywhere
    for _each in range(count):
        if choose(2):
            value = _value(choose, fits.pairs, near.pairs, everywhere.pairs or (f"{NO_LABEL}=",))
        else:
            value = _value(choose, fits.keys, near.keys, everywhere.keys or (NO_LABEL,))
        values.append(value)
        traits.append(_label_trait(value))
    return Condition("label", tuple(values), (tuple(values),), tuple(traits))


def _label_trait(condition: str) -> Trait:
    _, equals, value = condition.partition("=")
    if value:
        return Trait.LABEL_VALUE
    return Trait.LABEL_EMPTY_VALUE if equals else Trait.LABEL_KEY


def _dangling(
    choose: Choose, _: SampleValues, __: ImageValues, ___: ApiVersion
) -> Condition | None:
    match choose(20):
        case 12 | 13 | 14 | 15:
            return Condition("dangling", ("true",), (("true",),), (Trait.DANGLING_TRUE,))
        case 16 | 17 | 18:
            return Condition("dangling", ("false",), (("false",),), (Trait.DANGLING_FALSE,))
        case 19:
            wrong = pick(choose, NO_BOOLEANS)
            return Condition("dangling", (wrong,), (), (Trait.DANGLING_MISTAKE,))
        case _:
            return None


def _filter(
    choose: Choose, samples: SampleValues, image: ImageValues, version: ApiVersion
) -> Condition | None:
    if choose(4) < 3:  # noqa: PLR2004 - three times in four
        return None
    name, kind = _name(choose, samples, image)
    traits = {
        "tag": Trait.FILTER_TAG,
        "name": Trait.FILTER_NAME,
        "pattern": Trait.FILTER_PATTERN,
    }
    trait = traits[kind] if version < WITHOUT_FILTER else Trait.FILTER_IGNORED
    return Condition("filter", (name,), ((name,),), (trait,), refusable=_malformed(name))


def _references(
    choose: Choose, samples: SampleValues, image: ImageValues, _: ApiVersion
) -> Condition | None:
    count = (0, 0, 0, 1, 1, 2, 3)[choose(7)]
    if not count:
        return None
    values: list[str] = []
    traits: list[Trait] = [Trait.REFERENCES] if count > 1 else []
    for _each in range(count):
        name, kind = _name(choose, samples, image)
        # From Docker 29.5 on the whole name will do as well.
        if choose(8) == 7 and kind != "pattern":  # noqa: PLR2004 - now and then
            name = canonical(name)
        values.append(name)
        traits.append(
            {
                "tag": Trait.REFERENCE_TAG,
                "name": Trait.REFERENCE_NAME,
                "pattern": Trait.REFERENCE_PATTERN,
            }[kind]
        )
    refusable = any(map(_malformed, values))
    return Condition("reference", tuple(values), (tuple(values),), tuple(traits), refusable)


def _name(choose: Choose, samples: SampleValues, image: ImageValues) -> tuple[str, str]:
    """A name to ask for, and whether it is a `tag`, a `name` or a `pattern`."""
    fits, near, everywhere = image.fits, image.near, samples.everywhere
    match choose(5):
        case 0 | 1:
            names = everywhere.repositories or (NO_NAME,)
            return _value(choose, fits.repositories, near.repositories, names), "name"
        case 2 | 3:
            names = everywhere.tags or (f"{NO_NAME}:latest",)
            return _value(choose, fits.tags, near.tags, names), "tag"
        case _:
            return pick(choose, samples.patterns), "pattern"


def _malformed(name: str) -> bool:
    try:
        matches(name, "")
    except BadPattern:
        return True
    return False


def _before(
    choose: Choose, samples: SampleValues, image: ImageValues, _: ApiVersion
) -> Condition | None:
    return _time(choose, samples, image, "before")


def _since(
    choose: Choose, samples: SampleValues, image: ImageValues, _: ApiVersion
) -> Condition | None:
    return _time(choose, samples, image, "since")


def _time(choose: Choose, samples: SampleValues, image: ImageValues, key: str) -> Condition | None:
    count = (0, 0, 0, 0, 0, 0, 1, 1, 1, 2)[choose(10)]
    if not count:
        return None
    traits: list[Trait] = [Trait.BEFORE if key == "before" else Trait.SINCE]
    chosen: list[tuple[str, str]] = []
    missing = not samples.everywhere.image_ids or choose(12) == 11  # noqa: PLR2004 - now and then
    for _each in range(count):
        image_ids = samples.everywhere.image_ids
        if image.fits.image_ids and choose(2) == 0:
            image_ids = image.fits.image_ids
        chosen.append((NO_NAME, "") if missing else pick(choose, image_ids))
    values = tuple(text for text, _ in chosen)
    if missing:
        return Condition(key, values, (), (Trait.TIME_MISTAKE,))
    named = tuple(identifier for _, identifier in chosen)
    if count == 1:
        return Condition(key, values, (named,), tuple(traits))
    # Up to Docker 23 any one of them counts, from 24 on all.
    return Condition(
        key, values, (named, *((each,) for each in named)), (*traits, Trait.SEVERAL_TIMES)
    )


def _unknown(choose: Choose, _: SampleValues, __: ImageValues, ___: ApiVersion) -> Condition | None:
    if choose(40) < 39:  # noqa: PLR2004 - now and then
        return None
    key = pick(choose, UNKNOWN_FILTERS)
    return Condition(key, ("x",), (), (Trait.UNKNOWN_FILTER,))


def meanings(conditions: Sequence[Condition], *, everything: bool) -> list[Query]:
    """Every way in which correct servers read *conditions*."""
    found: list[Query] = []
    for values in product(*(each.meanings for each in conditions)):
        filters = {each.key: list(read) for each, read in zip(conditions, values, strict=True)}
        (name,) = filters.pop("filter", [None])
        found.append(Query(all=everything, filters=filters, filter=name))
    return found
