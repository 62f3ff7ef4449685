"""A whole random query: its encoding, its meanings and its traits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from muster.fuzzing.choices import Choose, pick, rarely, weighted
from muster.fuzzing.conditions import Condition, Trait, draw_conditions
from muster.fuzzing.encoding import Encoding, Escapes, Form, Percent, Spacing
from muster.fuzzing.parts import LOOSE, SPELLED, DrawnQuery, Extra, Parts
from muster.fuzzing.values import SampleValues
from muster.model.names import ABSENT_IMAGE
from muster.model.version import ApiVersion

ALL = {Trait.PLAIN: 4, Trait.ALL: 4, Trait.ALL_SPELLED: 3, Trait.ALL_LOOSE: 1}
"""How `all` is written."""

FORMS: tuple[Form, ...] = ("list", "list", "map")
SPACINGS: tuple[Spacing, ...] = ("none", "usual", "wide")
ESCAPES: tuple[Escapes, ...] = ("none", "needed", "every")
PERCENT: tuple[Percent, ...] = ("usual", "lower", "legal", "every")
UNKNOWN = (("only_ids", "0"), ("limit", "1"), ("dangling", "true"), ("label", "x"), ("muster", ""))
OTHER_CASES = (("ALL", "1"), ("Filter", ABSENT_IMAGE), ("FILTERS", "{"), ("Digests", "1"))
SECOND_VALUES = {
    "all": ("1", "0"),
    "filter": (ABSENT_IMAGE, "*"),
    "filters": ('{"dangling":["true"]}', '{"dangling":["false"]}', "{}"),
}
NO_FILTERS = (("filters", "{}"), ("filters", ""), ("filters", "null"), ("filter", ""))


LONGEST = 4000
"""Maximum bytes of filters with unusual encoding; some servers accept no line over 8192."""


def draw(choose: Choose, samples: SampleValues, version: ApiVersion) -> DrawnQuery:
    """Draw a query about the images of *samples* at *version*, using *choose*."""
    conditions = tuple(draw_conditions(choose, samples, version))
    parts = Parts(conditions, encoding=_fit(_encoding(choose), conditions))
    parts = replace(parts, all=_all(choose))
    return _with_additions(choose, parts).query()


def _all(choose: Choose) -> str | None:
    trait = weighted(choose, ALL)
    if trait is Trait.PLAIN:
        return None
    if trait is Trait.ALL:
        return "1"
    return pick(choose, tuple(SPELLED if trait is Trait.ALL_SPELLED else LOOSE))


def _with_additions(choose: Choose, parts: Parts) -> Parts:
    """Add parts without effect: other parameters, empty ones, second values, another order."""
    own = dict(parts.own)
    extras: list[Extra] = []
    if rarely(choose, one_in=6):
        extras.append(Extra(Trait.DIGESTS, "digests", pick(choose, ("1", "0", "true"))))
    if rarely(choose, one_in=10):
        extras.append(Extra(Trait.UNKNOWN_PARAMETER, *pick(choose, UNKNOWN)))
    if rarely(choose, one_in=16):
        extras.append(Extra(Trait.OTHER_CASE, *pick(choose, OTHER_CASES)))
    if rarely(choose, one_in=12):
        name, value = pick(choose, NO_FILTERS)
        if name not in own:
            extras.append(Extra(Trait.NO_FILTERS, name, value))
    backwards = rarely(choose, one_in=4) and len(own) + len(extras) > 1
    repeated = None
    if rarely(choose, one_in=8) and own:
        name = pick(choose, tuple(own))
        repeated = name, pick(choose, SECOND_VALUES[name])
    return replace(parts, extras=tuple(extras), backwards=backwards, repeated=repeated)


def _filters(conditions: Sequence[Condition]) -> Mapping[str, Sequence[str]]:
    return Parts(tuple(conditions)).filters


def _fit(encoding: Encoding, conditions: Sequence[Condition]) -> Encoding:
    """Return *encoding*, or the usual one if *encoding* would make the request too long."""
    filters = encoding.filters(_filters(conditions))
    # Percent-encoding turns one octet into three.
    too_long = len(filters.encode()) * 3 > LONGEST
    return Encoding(form=encoding.form) if too_long else encoding


def _encoding(choose: Choose) -> Encoding:
    """Draw an encoding, mostly the usual one."""
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
