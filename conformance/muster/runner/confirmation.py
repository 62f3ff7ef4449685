"""Repeats a departure, so that only the server's own behaviour is reported.

Another client may change the images during a check: a tag that moves back and forth makes correct
answers contradict each other, even if the full listing is the same before and after. So the suite
sends the requests that show a departure again, with the full listing in between. A departure that
recurs every time while the full listing stays the same is the server's fault. One that recurs
only sometimes while the full listing stays the same shows that the server's answers are not
repeatable.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from muster.model.exchange import Exchange, Response, Sender
from muster.model.image import NotAListing, listing
from muster.model.query import ALL, PATH
from muster.runner.liveness import Watch

CONFIRMED = 3
"""Consecutive recurrences that make a departure the server's fault."""

ENOUGH = 3
"""Recurrences that make an intermittent departure the server's fault."""

TRIES = 60
"""Maximum attempts to reproduce an intermittent departure."""

LONGEST = 10.0
"""Seconds after which no more attempts start."""


class ImageState:
    """The images of a server at one moment, according to its full listing.

    Args:
        response: The response to the full listing; None if there was none.
    """

    def __init__(self, response: Response | None) -> None:
        self._response = response

    @property
    def is_listing(self) -> bool:
        """Whether the response is a listing, so that the images are known."""
        return self._response is not None and not self._response.is_error

    @cached_property
    def _images(self) -> object:
        return _content(self._response)

    def __eq__(self, other: object) -> bool:
        """Whether both have the same images, in any order; two non-listings are equal."""
        if not isinstance(other, ImageState):
            return NotImplemented
        one, two = self._response, other._response
        if one is not None and two is not None and (one.status, one.body) == (two.status, two.body):
            return True
        return self._images == other._images

    __hash__ = None  # type: ignore[assignment]  # compared, never a key


def observe(sender: Sender) -> ImageState:
    """Get the full listing, to compare it with a later one."""
    return ImageState(sender.send(ALL).response)


PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Seconds before each look for changes by other clients."""


def is_quiet(sender: Sender, pauses: Sequence[float] = PAUSES) -> bool:
    """Return whether the images stay the same for a while when the suite changes nothing.

    A response that is not a listing counts as unchanged: it may be the fault itself.
    """
    # The first look may still show the fault.
    observe(sender)
    state = observe(sender)
    for pause in pauses:
        time.sleep(pause)
        seen = observe(sender)
        if state.is_listing and seen.is_listing and seen != state:
            return False
        state = seen
    return True


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often a departure recurred.

    Attributes:
        tries: How often the requests were sent again.
        came: How often the departure recurred.
        unchanged: Whether the full listing stayed the same throughout.
    """

    tries: int
    came: int
    unchanged: bool

    @property
    def always(self) -> bool:
        """Whether it recurred every time."""
        return self.came == self.tries

    @property
    def sometimes(self) -> bool:
        """Whether it recurred too often to be chance."""
        return self.came >= ENOUGH

    @property
    def chance(self) -> str:
        """How often it was seen, including the first time, in words."""
        return f"{self.came + 1} of {self.tries + 1} tries"


def recurrence(
    watch: Watch,
    state: ImageState,
    exchanges: Sequence[Exchange],
    shows: Callable[[Sequence[Exchange]], bool] | None = None,
) -> Recurrence:
    """Send the requests of *exchanges* again: a few times, or many times if the results vary.

    Args:
        watch: Sends the requests.
        state: The images at the time of *exchanges*.
        exchanges: The exchanges that show the departure.
        shows: Tells whether the repeated exchanges show the departure; without it, they do if the
            responses are the same as before.
    """
    tries = came = 0
    end = time.monotonic() + LONGEST
    while tries < CONFIRMED or (came < tries < TRIES and came < ENOUGH):
        if tries >= CONFIRMED and time.monotonic() > end:
            break
        # List more often than retry: a listing is more likely to reveal another client's changes.
        if observe(watch) != state:
            return Recurrence(tries, came, unchanged=watch.gone)
        again = [watch.send(exchange.request) for exchange in exchanges]
        if observe(watch) != state or watch.gone:
            return Recurrence(tries, came, unchanged=watch.gone)
        tries += 1
        came += shows(again) if shows else _alike(exchanges, again)
    return Recurrence(tries, came, unchanged=True)


def only_lists(exchanges: Sequence[Exchange]) -> bool:
    """Whether all *exchanges* request listings, whose answers must be repeatable."""
    return all(each.request.target.partition("?")[0] == PATH for each in exchanges)


def _alike(before: Sequence[Exchange], again: Sequence[Exchange]) -> bool:
    """Whether *again* shows what *before* did: the same responses, or the same contradiction."""
    pairs = [
        (one, two)
        for one, two in combinations(range(len(before)), 2)
        if before[one].request == before[two].request
    ]
    if pairs:
        return any(_answer(again[one]) != _answer(again[two]) for one, two in pairs)
    return all(_answer(one) == _answer(two) for one, two in zip(before, again, strict=True))


def _content(response: Response | None) -> object:
    """Return the content of a response: its images in any order, or its status if not a listing."""
    if response is None:
        return None
    try:
        images = listing(response)
    except NotAListing:
        return response.status
    return sorted(json.dumps(image.raw, sort_keys=True) for image in images)


def _answer(exchange: Exchange) -> object:
    """Return the response of an exchange, ignoring the order of images of the same second."""
    content = _content(exchange.response)
    if exchange.response is None or not isinstance(content, list):
        return content
    return content, [image.created for image in listing(exchange.response)]
