"""A whole query drawn at random: how it is written, what it means, and what it consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from muster.fuzzing.choices import Choose, pick, rarely, weighted
from muster.fuzzing.conditions import Condition, Trait, draw_conditions, meanings
from muster.fuzzing.encoding import Encoding, Escapes, Form, Percent, Spacing
from muster.fuzzing.values import SampleValues
from muster.model.exchange import Request
from muster.model.names import ABSENT_IMAGE
from muster.model.query import Query
from muster.model.version import ApiVersion

ALL = {Trait.PLAIN: 4, Trait.ALL: 4, Trait.ALL_SPELLED: 3, Trait.ALL_LOOSE: 1}
"""How `all` is said."""

FORMS: tuple[Form, ...] = ("list", "list", "map")
SPACINGS: tuple[Spacing, ...] = ("none", "usual", "wide")
ESCAPES: tuple[Escapes, ...] = ("none", "needed", "every")
PERCENT: tuple[Percent, ...] = ("usual", "lower", "legal", "every")
SPELLED = {"1": True, "True": True, "true": True, "0": False, "False": False, "false": False}
LOOSE = {"yes": True, "on": True, "2": True, "TRUE": True, "t": True, "no": False, "none": False}
LOOSE |= {"": False, "FALSE": False, " 0 ": False}
UNKNOWN = (("only_ids", "0"), ("limit", "1"), ("dangling", "true"), ("label", "x"), ("muster", ""))
OTHER_CASES = (("ALL", "1"), ("Filter", ABSENT_IMAGE), ("FILTERS", "{"), ("Digests", "1"))
NO_FILTERS = (("filters", "{}"), ("filters", ""), ("filters", "null"), ("filter", ""))


LONGEST = 4000
"""Bytes of filters that are worded unusually; some servers take no more than 8192 in a line."""


@dataclass(frozen=True, slots=True)
class DrawnQuery:
    """A query, drawn.

    Attributes:
        request: how it is asked.
        meanings: what correct servers may take it for; empty if it is a mistake, and an error the
            only correct answer.
        traits: what it consists of.
        refusable: whether an error is a correct answer as well.
    """

    request: Request
    meanings: tuple[Query, ...]
    traits: frozenset[Trait]
    refusable: bool = False


@dataclass(slots=True)
class _Parameters:
    """The parameters of a request while it is drawn."""

    written: list[tuple[str, str]] = field(default_factory=list)
    traits: set[Trait] = field(default_factory=set)


def draw(choose: Choose, samples: SampleValues, version: ApiVersion) -> DrawnQuery:
    """A query to a server of *samples*'s images at *version*, as *choose* decides."""
    conditions = draw_conditions(choose, samples, version)
    encoding = _fit(_encoding(choose), conditions)
    parameters = _Parameters()
    everything = _all(choose, parameters)
    _write_conditions(conditions, encoding, parameters)
    _beside(choose, parameters)
    request = encoding.request(parameters.written)
    if request != Encoding(form=encoding.form).request(parameters.written):
        parameters.traits.add(Trait.ENCODING)
    return DrawnQuery(
        request,
        tuple(meanings(conditions, everything=everything)),
        frozenset(parameters.traits),
        refusable=any(each.refusable for each in conditions),
    )


def _all(choose: Choose, parameters: _Parameters) -> bool:
    trait = weighted(choose, ALL)
    if trait is Trait.PLAIN:
        parameters.traits.add(trait)
        return False
    text = "1"
    if trait is not Trait.ALL:
        text = pick(choose, tuple(SPELLED if trait is Trait.ALL_SPELLED else LOOSE))
    everything = (SPELLED | LOOSE)[text]
    parameters.written.append(("all", text))
    parameters.traits |= {Trait.ALL if everything else Trait.PLAIN}
    parameters.traits |= {trait} if text != "1" else set()
    return everything


def _write_conditions(
    conditions: Sequence[Condition], encoding: Encoding, parameters: _Parameters
) -> None:
    filters = _filters(conditions)
    for each in conditions:
        parameters.traits.update(each.traits)
        if each.key == "filter":
            parameters.written.append(("filter", each.values[0]))
    if filters:
        parameters.written.append(("filters", encoding.filters(filters)))
        if encoding.form == "map":
            parameters.traits.add(Trait.MAP_FORM)
        if encoding.filters(filters) != Encoding(form=encoding.form).filters(filters):
            parameters.traits.add(Trait.ENCODING)
    if len(conditions) > 1:
        parameters.traits.add(Trait.CONDITIONS)


def _filters(conditions: Sequence[Condition]) -> Mapping[str, Sequence[str]]:
    return {each.key: each.values for each in conditions if each.key != "filter"}


def _beside(choose: Choose, parameters: _Parameters) -> None:
    """Add what changes nothing: other parameters, empty ones, second values, another order."""
    here = dict(parameters.written)
    if rarely(choose, one_in=6):
        parameters.written.append(("digests", pick(choose, ("1", "0", "true"))))
        parameters.traits.add(Trait.DIGESTS)
    if rarely(choose, one_in=10):
        parameters.written.append(pick(choose, UNKNOWN))
        parameters.traits.add(Trait.UNKNOWN_PARAMETER)
    if rarely(choose, one_in=16):
        parameters.written.append(pick(choose, OTHER_CASES))
        parameters.traits.add(Trait.OTHER_CASE)
    if rarely(choose, one_in=12):
        name, value = pick(choose, NO_FILTERS)
        if name not in here:
            parameters.written.append((name, value))
            parameters.traits.add(Trait.NO_FILTERS)
    if rarely(choose, one_in=4) and len(parameters.written) > 1:
        parameters.written.reverse()
        parameters.traits.add(Trait.ENCODING)
    if rarely(choose, one_in=8) and here:
        seconds = {
            "all": ("1", "0"),
            "filter": (ABSENT_IMAGE, "*"),
            "filters": ('{"dangling":["true"]}', '{"dangling":["false"]}', "{}"),
        }
        name = pick(choose, tuple(here))
        parameters.written.append((name, pick(choose, seconds[name])))
        parameters.traits.add(Trait.REPEATED)


def _fit(encoding: Encoding, conditions: Sequence[Condition]) -> Encoding:
    """*encoding*, or the usual one where that would make the request too long."""
    filters = encoding.filters(_filters(conditions))
    # Every octet may become three.
    too_long = len(filters.encode()) * 3 > LONGEST
    return Encoding(form=encoding.form) if too_long else encoding


def _encoding(choose: Choose) -> Encoding:
    """Mostly the usual one."""
    form = pick(choose, FORMS)
    if choose(2) == 0:
        return Encoding(form=form)
    return Encoding(
        form=form,
        spacing=pick(choose, SPACINGS),
        escapes=pick(choose, ESCAPES),
        backwards=choose(2) == 1,
        percent=pick(choose, PERCENT),
        plus=choose(2) == 1,
    )
