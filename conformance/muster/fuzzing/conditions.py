"""Random conditions of a query: keys of `filters`, and `filter`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TypeVar

from muster.fuzzing.choices import Choose, pick, rarely, weighted
from muster.fuzzing.values import ImageValues, SampleValues, Values
from muster.model.glob import BadPattern, matches
from muster.model.name_filter import WITH_REFERENCE, WITHOUT_FILTER
from muster.model.names import ABSENT_IMAGE, ABSENT_LABEL
from muster.model.query import Query
from muster.model.reference import canonical
from muster.model.version import ApiVersion

WITH_BEFORE = ApiVersion(1, 24)
UNKNOWN_FILTERS = ("muster", "Dangling", "labels", "Label")
NO_BOOLEANS = ("muster", "ture", "2")


T = TypeVar("T")


class Trait(StrEnum):
    """A feature that a query may have."""

    PLAIN = "no all"
    ALL = "all"
    ALL_SPELLED = "a documented spelling of all other than 1"
    ALL_LOOSE = "another text for all"
    DIGESTS = "digests"
    DANGLING_TRUE = "dangling=true"
    DANGLING_FALSE = "dangling=false"
    DANGLING_MISTAKE = "dangling with a value that is not a boolean"
    LABEL_KEY = "label=key"
    LABEL_VALUE = "label=key=value"
    LABEL_EMPTY_VALUE = "label=key="
    LABELS = "several labels"
    FILTER_NAME = "filter=repository"
    FILTER_TAG = "filter=repository:tag"
    FILTER_PATTERN = "filter with a pattern"
    FILTER_IGNORED = "filter, in versions that have dropped it"
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
        key: Its name.
        values: The values as written.
        meanings: The values that servers may read it as; empty if it is a mistake.
        traits: The features that it has.
        refusable: Whether an error is a correct answer as well.
    """

    key: str
    values: tuple[str, ...]
    meanings: tuple[tuple[str, ...], ...]
    traits: tuple[Trait, ...]
    refusable: bool = False


COUNT = {0: 3, 1: 2, 2: 1, 3: 1}
"""How many labels or references a query asks for."""

TIMES = {0: 6, 1: 3, 2: 1}
"""How many images `before` or `since` names."""

BOOLEAN = {None: 12, Trait.DANGLING_TRUE: 4, Trait.DANGLING_FALSE: 3, Trait.DANGLING_MISTAKE: 1}
"""The value of `dangling`."""

FITTING = {"fits": 4, "near": 2, "everywhere": 1}
"""Whether a value fits the image, nearly fits it, or fits any image."""

NAME = {"name": 2, "tag": 2, "pattern": 1}
"""The kind of name for an image."""

FILTER_TRAITS = {
    "name": Trait.FILTER_NAME,
    "tag": Trait.FILTER_TAG,
    "pattern": Trait.FILTER_PATTERN,
}
REFERENCE_TRAITS = {
    "name": Trait.REFERENCE_NAME,
    "tag": Trait.REFERENCE_TAG,
    "pattern": Trait.REFERENCE_PATTERN,
}


@dataclass(frozen=True, slots=True)
class _Draw:
    """The input for drawing the conditions of one query.

    Attributes:
        choose: Makes the choices.
        samples: Values of every image.
        image: Values of the image that the query is about.
        version: The API version.
    """

    choose: Choose
    samples: SampleValues
    image: ImageValues
    version: ApiVersion

    def value(self, of: Callable[[Values], Sequence[T]], absent: T) -> T:
        """Pick a value that fits the image, nearly fits it, or fits any; else *absent*."""
        fits, near = of(self.image.fits), of(self.image.near)
        everywhere = of(self.samples.everywhere) or (absent,)
        order = {
            "fits": (fits, everywhere),
            "near": (near, everywhere),
            "everywhere": (everywhere,),
        }[weighted(self.choose, FITTING)]
        return pick(self.choose, next(values for values in order if values))

    def name(self) -> tuple[str, str]:
        """Return a name to ask for, and its kind: `tag`, `name` or `pattern`."""
        kind = weighted(self.choose, NAME)
        if kind == "pattern":
            return pick(self.choose, self.samples.patterns), kind
        if kind == "tag":
            return self.value(lambda values: values.tags, f"{ABSENT_IMAGE}:latest"), kind
        return self.value(lambda values: values.repositories, ABSENT_IMAGE), kind


def draw_conditions(choose: Choose, samples: SampleValues, version: ApiVersion) -> list[Condition]:
    """Draw any number of conditions, mostly ones that the same image meets."""
    draw = _Draw(choose, samples, pick(choose, samples.images), version)
    drawers: list[Drawer] = [_labels, _dangling, _filter, _unknown]
    if version >= WITH_BEFORE:
        drawers += [_before, _since]
    if version >= WITH_REFERENCE:
        drawers.append(_references)
    if choose(3) == 0:
        # A filter that admits too much is easiest to see when nothing else narrows the answer.
        drawers = [pick(choose, drawers)]
    drawn = (drawer(draw) for drawer in drawers)
    found = [condition for condition in drawn if condition is not None]
    if WITH_REFERENCE <= version < WITHOUT_FILTER and "reference" in {each.key for each in found}:
        # Some engines read filter as one more reference here, others ignore it.
        return [condition for condition in found if condition.key != "filter"]
    return found


Drawer = Callable[[_Draw], Condition | None]


def _labels(draw: _Draw) -> Condition | None:
    count = weighted(draw.choose, COUNT)
    if not count:
        return None
    values: list[str] = []
    traits: list[Trait] = [Trait.LABELS] if count > 1 else []
    for _ in range(count):
        if draw.choose(2):
            value = draw.value(lambda values: values.pairs, f"{ABSENT_LABEL}=")
        else:
            value = draw.value(lambda values: values.keys, ABSENT_LABEL)
        values.append(value)
        traits.append(_label_trait(value))
    return Condition("label", tuple(values), (tuple(values),), tuple(traits))


def _label_trait(condition: str) -> Trait:
    _, equals, value = condition.partition("=")
    if value:
        return Trait.LABEL_VALUE
    return Trait.LABEL_EMPTY_VALUE if equals else Trait.LABEL_KEY


def _dangling(draw: _Draw) -> Condition | None:
    trait = weighted(draw.choose, BOOLEAN)
    if trait is None:
        return None
    if trait is Trait.DANGLING_MISTAKE:
        return Condition("dangling", (pick(draw.choose, NO_BOOLEANS),), (), (trait,))
    text = "true" if trait is Trait.DANGLING_TRUE else "false"
    return Condition("dangling", (text,), ((text,),), (trait,))


def _filter(draw: _Draw) -> Condition | None:
    if not rarely(draw.choose, one_in=4):
        return None
    name, kind = draw.name()
    trait = FILTER_TRAITS[kind] if draw.version < WITHOUT_FILTER else Trait.FILTER_IGNORED
    return Condition("filter", (name,), ((name,),), (trait,), refusable=_malformed(name))


def _references(draw: _Draw) -> Condition | None:
    count = weighted(draw.choose, COUNT)
    if not count:
        return None
    values: list[str] = []
    traits: list[Trait] = [Trait.REFERENCES] if count > 1 else []
    for _ in range(count):
        name, kind = draw.name()
        # From Docker 29.5 on the full name matches too.
        if rarely(draw.choose, one_in=8) and kind != "pattern":
            name = canonical(name)
        values.append(name)
        traits.append(REFERENCE_TRAITS[kind])
    refusable = any(map(_malformed, values))
    return Condition("reference", tuple(values), (tuple(values),), tuple(traits), refusable)


def _malformed(name: str) -> bool:
    try:
        matches(name, "")
    except BadPattern:
        return True
    return False


def _before(draw: _Draw) -> Condition | None:
    return _time(draw, "before", Trait.BEFORE)


def _since(draw: _Draw) -> Condition | None:
    return _time(draw, "since", Trait.SINCE)


def _time(draw: _Draw, key: str, trait: Trait) -> Condition | None:
    count = weighted(draw.choose, TIMES)
    if not count:
        return None
    everywhere, fits = draw.samples.everywhere.image_ids, draw.image.fits.image_ids
    chosen: list[tuple[str, str]] = []
    missing = not everywhere or rarely(draw.choose, one_in=12)
    for _ in range(count):
        image_ids = fits if fits and draw.choose(2) == 0 else everywhere
        chosen.append((ABSENT_IMAGE, "") if missing else pick(draw.choose, image_ids))
    values = tuple(text for text, _ in chosen)
    if missing:
        return Condition(key, values, (), (Trait.TIME_MISTAKE,))
    named = tuple(identifier for _, identifier in chosen)
    if count == 1:
        return Condition(key, values, (named,), (trait,))
    # Up to Docker 23 one matching label is enough; from 24 on all must match.
    return Condition(
        key, values, (named, *((each,) for each in named)), (trait, Trait.SEVERAL_TIMES)
    )


def _unknown(draw: _Draw) -> Condition | None:
    if not rarely(draw.choose, one_in=40):
        return None
    key = pick(draw.choose, UNKNOWN_FILTERS)
    return Condition(key, ("x",), (), (Trait.UNKNOWN_FILTER,))


def meanings(conditions: Sequence[Condition], *, everything: bool) -> list[Query]:
    """Return every way in which correct servers read *conditions*."""
    found: list[Query] = []
    for values in product(*(each.meanings for each in conditions)):
        filters = {each.key: list(read) for each, read in zip(conditions, values, strict=True)}
        (name,) = filters.pop("filter", [None])
        found.append(Query(all=everything, filters=filters, filter=name))
    return found
