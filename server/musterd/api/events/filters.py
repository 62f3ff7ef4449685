"""The parameters of ``GET /events``, and which events they admit.

The contract's rules `events.*`; moby v20.10.24 ``daemon/events/filter.go:Include`` and
``api/server/router/system/system_routes.go:getEvents``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from musterd.contract.rules import Rules
from musterd.errors import BadRequestError, TimestampError
from musterd.images import reference
from musterd.images.dates import NANOSECONDS
from musterd.images.event import Event
from musterd.listing import filters, labels
from musterd.listing.filters import Values
from musterd.listing.labels import LabelCondition

# The type and the scope of all events here.
TYPE = "image"
SCOPE = "local"

_TIME = re.compile(r"(?P<seconds>[+-]?[0-9]{1,18})(?:\.(?P<fraction>[0-9]{0,18}))?")
_NUMBER = re.compile(r"[+-]?[0-9]+")
# Filters for other types of objects, whose values are beginnings of an Id or a name.
_OTHER_TYPES = (
    *("config", "container", "daemon", "network", "node", "plugin", "secret", "service", "volume"),
)


@dataclass(frozen=True, slots=True)
class EventConditions:
    """The parameters of a request for events.

    Attributes:
        since: Earlier events are left out, in nanoseconds since 1970; None for no past events.
        until: The end, in nanoseconds since 1970; None for no end.
        values: The values of each filter.
        labels: The conditions on attributes.
    """

    since: int | None
    until: int | None
    values: Mapping[str, Values]
    labels: tuple[LabelCondition, ...]

    @classmethod
    def parse(cls, since: str, until: str, text: str, rules: Rules) -> "EventConditions":
        """Parse the parameters.

        Raises:
            BadRequestError: One of them is invalid, or they contradict each other.
        """
        start, end = _time(since), _time(until)
        if end is not None and start is not None and end < start:
            raise BadRequestError(f"`since` time ({since}) cannot be after `until` time ({until})")
        values = filters.conditions(text, None, rules)
        # An end alone asks for all past events too.
        start = 0 if start is None and end is not None else start
        return cls(start, end, values, labels.labels(values.get("label", ())))

    def is_past(self, event: Event) -> bool:
        """Tell whether an event of the past belongs into the response."""
        return self.since is not None and self.since <= event.time

    def admit(self, event: Event) -> bool:
        """Tell whether the filters and `until` admit an event."""
        if self.until is not None and event.time > self.until:
            return False
        name = event.attributes.get("name", "")
        return (
            self._has("type", TYPE)
            and self._has("event", event.action)
            and self._has("scope", SCOPE)
            and self._has("image", event.actor, name, _untagged(event.actor), _untagged(name))
            and all(self._begins(kind, event.actor, name) for kind in _OTHER_TYPES)
            and all(label.admits(event.attributes) for label in self.labels)
        )

    def _has(self, key: str, *texts: str) -> bool:
        """Tell whether a filter has one of *texts*, or no value."""
        values = self.values.get(key)
        return not values or any(text in values for text in texts)

    def _begins(self, key: str, *texts: str) -> bool:
        """Tell whether one of *texts* begins with a value of a filter, or that has no value."""
        values = self.values.get(key)
        return not values or any(text.startswith(each) for text in texts for each in values)


def _time(text: str) -> int | None:
    """Parse seconds since 1970 into nanoseconds; None for the empty text."""
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        shown = text[:64]
        problem = "value out of range" if _NUMBER.fullmatch(text) else "invalid syntax"
        raise TimestampError(f'strconv.ParseInt: parsing "{shown}": {problem}')
    fraction = (found["fraction"] or "")[:9].ljust(9, "0")
    return int(found["seconds"]) * NANOSECONDS + int(fraction)


def _untagged(text: str) -> str:
    """Return a name without its tag; any other text as it is."""
    try:
        return reference.parse(text).repository
    except reference.InvalidReferenceError:
        return text
