"""The parts of a drawn query, each of which can be left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from muster.fuzzing.conditions import Condition, Trait, meanings
from muster.fuzzing.encoding import Encoding
from muster.model.exchange import Request
from muster.model.query import Query

SPELLED = {"1": True, "True": True, "true": True, "0": False, "False": False, "false": False}
"""Documented values of `all`, and whether they ask for all images."""

LOOSE = {"yes": True, "on": True, "2": True, "TRUE": True, "t": True, "no": False, "none": False}
LOOSE |= {"": False, "FALSE": False, " 0 ": False}

SEVERAL = {"label": Trait.LABELS, "reference": Trait.REFERENCES}
"""Keys whose values are separate conditions, and the trait of having several."""

SINGLE = len(("value",))


@dataclass(frozen=True, slots=True)
class DrawnQuery:
    """A drawn query.

    Attributes:
        request: The request to send.
        meanings: How correct servers may read it; empty if it is a mistake, so that only an error
            is correct.
        traits: The features that it has.
        refusable: Whether an error is a correct answer as well.
        parts: The parts that it was built from; None if unknown.
    """

    request: Request
    meanings: tuple[Query, ...]
    traits: frozenset[Trait]
    refusable: bool = False
    parts: Parts | None = field(default=None, compare=False, repr=False)

    def simpler(self) -> Iterator[DrawnQuery]:
        """Yield each query that results from leaving out one part."""
        left = self.parts.simpler() if self.parts else iter(())
        yield from (parts.query() for parts in left)


@dataclass(frozen=True, slots=True)
class Extra:
    """A parameter without effect.

    Attributes:
        trait: Its kind.
        name: Its name.
        value: Its value.
    """

    trait: Trait
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a query before encoding.

    Attributes:
        conditions: Keys of `filters`, and `filter`.
        all: How `all` is written; None if it is absent.
        extras: Parameters without effect.
        repeated: A parameter that appears a second time, and its value there.
        encoding: How to write the query.
        backwards: Whether the parameters are in reverse order.
    """

    conditions: tuple[Condition, ...] = ()
    all: str | None = None
    extras: tuple[Extra, ...] = ()
    repeated: tuple[str, str] | None = None
    encoding: Encoding = field(default_factory=Encoding)
    backwards: bool = False

    @property
    def own(self) -> list[tuple[str, str]]:
        """The parameters that have an effect."""
        written = [] if self.all is None else [("all", self.all)]
        written += [("filter", each.values[0]) for each in self.conditions if each.key == "filter"]
        if filters := self.filters:
            written.append(("filters", self.encoding.filters(filters)))
        return written

    @property
    def filters(self) -> Mapping[str, Sequence[str]]:
        """The keys and values of `filters`."""
        return {each.key: each.values for each in self.conditions if each.key != "filter"}

    def query(self) -> DrawnQuery:
        """Build the query."""
        written = [*self.own, *((each.name, each.value) for each in self.extras)]
        if self.backwards:
            written.reverse()
        if self.repeated:
            written.append(self.repeated)
        everything = (SPELLED | LOOSE)[self.all] if self.all is not None else False
        request = self.encoding.request(written)
        traits = {*self._traits(everything=everything)}
        if self.backwards or self._is_unusual(request, written):
            traits.add(Trait.ENCODING)
        return DrawnQuery(
            request,
            tuple(meanings(self.conditions, everything=everything)),
            frozenset(traits),
            any(each.refusable for each in self.conditions),
            self,
        )

    def _traits(self, *, everything: bool) -> Iterator[Trait]:
        yield Trait.ALL if everything else Trait.PLAIN
        if self.all not in {None, "1"}:
            yield Trait.ALL_SPELLED if self.all in SPELLED else Trait.ALL_LOOSE
        for condition in self.conditions:
            yield from condition.traits
        if len(self.conditions) > SINGLE:
            yield Trait.CONDITIONS
        if self.filters and self.encoding.form == "map":
            yield Trait.MAP_FORM
        yield from (extra.trait for extra in self.extras)
        if self.repeated:
            yield Trait.REPEATED

    def _is_unusual(self, request: Request, written: Sequence[tuple[str, str]]) -> bool:
        usual = Encoding(form=self.encoding.form)
        return request != usual.request(written) or (
            bool(self.filters)
            and self.encoding.filters(self.filters) != usual.filters(self.filters)
        )

    def simpler(self) -> Iterator[Parts]:
        """Yield the parts without one of them, starting with those that have no effect."""
        usual = Encoding(form=self.encoding.form)
        if self.backwards:
            yield replace(self, backwards=False)
        if self.encoding != usual:
            yield replace(self, encoding=usual)
        if self.encoding.form != "list":
            yield replace(self, encoding=replace(self.encoding, form="list"))
        if self.repeated:
            yield replace(self, repeated=None)
        for index in range(len(self.extras)):
            yield replace(self, extras=(*self.extras[:index], *self.extras[index + 1 :]))
        for index, condition in enumerate(self.conditions):
            before, after = self.conditions[:index], self.conditions[index + 1 :]
            yield _tidy(replace(self, conditions=(*before, *after)))
            for fewer in _fewer_values(condition):
                yield replace(self, conditions=(*before, fewer, *after))
        if self.all is not None:
            listed = (SPELLED | LOOSE)[self.all] and self.all != "1"
            yield _tidy(replace(self, all="1" if listed else None))


def _tidy(parts: Parts) -> Parts:
    """Remove the second value of a parameter that no longer has a first."""
    stray = parts.repeated and parts.repeated[0] not in dict(parts.own)
    return replace(parts, repeated=None) if stray else parts


def _fewer_values(condition: Condition) -> Iterator[Condition]:
    """Yield *condition* without each of its values in turn, if it has several."""
    values = condition.values
    if len(values) == SINGLE or condition.key not in SEVERAL:
        return
    for index in range(len(values)):
        left = (*values[:index], *values[index + 1 :])
        of_values = [each for each in condition.traits if each is not SEVERAL[condition.key]]
        traits = (*of_values[:index], *of_values[index + 1 :])
        several = (SEVERAL[condition.key],) if len(left) > SINGLE else ()
        yield replace(condition, values=left, meanings=(left,), traits=(*several, *traits))
