"""Whether a departure comes again, so that it may be held against the server.

Somebody else may change the images while they are checked: a tag that moves back and forth makes
correct answers contradict each other, even if the full listing is the same before and after. So
the requests that show a departure are sent again, with the full listing in between. What comes
each time, beside the same full listing, is the server's own; what comes now and then beside the
same full listing is a server that does not repeat its answers.
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
"""How often a departure must come again, without exception, to be held against the server."""

ENOUGH = 3
"""How often what comes and goes must come again to be held against the server."""

TRIES = 60
"""How often it is tried, at most."""

LONGEST = 10.0
"""Seconds after which no more is tried."""


class ImageState:
    """The images of a server at a moment, by its full listing.

    Args:
        response: The answer to the full listing; None if none came.
    """

    def __init__(self, response: Response | None) -> None:
        self._response = response

    @property
    def is_listing(self) -> bool:
        """Whether it is known which images there are."""
        return self._response is not None and not self._response.is_error

    @cached_property
    def _images(self) -> object:
        return _content(self._response)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same images, in whichever order; no listing is like no listing."""
        if not isinstance(other, ImageState):
            return NotImplemented
        one, two = self._response, other._response
        if one is not None and two is not None and (one.status, one.body) == (two.status, two.body):
            return True
        return self._images == other._images

    __hash__ = None  # type: ignore[assignment]  # compared, never a key


def observe(sender: Sender) -> ImageState:
    """Get the full listing, to compare it with that of another moment."""
    return ImageState(sender.send(ALL).response)


PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Seconds before each look that tells whether others are changing images."""


def is_quiet(sender: Sender, pauses: Sequence[float] = PAUSES) -> bool:
    """Return whether the images stay as they are for a while, as long as nobody is asked to.

    An answer that is no listing is passed over: it may be the fault itself.
    """
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
    """How often a departure came again.

    Attributes:
        tries: How often it was tried.
        came: How often it came.
        unchanged: Whether the full listing was the same all the time.
    """

    tries: int
    came: int
    unchanged: bool

    @property
    def always(self) -> bool:
        """Whether it came each time."""
        return self.came == self.tries

    @property
    def sometimes(self) -> bool:
        """Whether it came often enough that it was no chance."""
        return self.came >= ENOUGH

    @property
    def chance(self) -> str:
        """How often it came, the first time included, in words."""
        return f"{self.came + 1} of {self.tries + 1} tries"


def recurrence(
    watch: Watch,
    state: ImageState,
    exchanges: Sequence[Exchange],
    shows: Callable[[Sequence[Exchange]], bool] | None = None,
) -> Recurrence:
    """Send the requests of *exchanges* again: a few times, and many times if that differs.

    Args:
        watch: Sends the requests.
        state: The images when *exchanges* were made.
        exchanges: What shows the departure.
        shows: Whether the same requests, sent again, show it; without it, whether the answers are
            the same as before.
    """
    tries = came = 0
    end = time.monotonic() + LONGEST
    while tries < CONFIRMED or (came < tries < TRIES and came < ENOUGH):
        if tries >= CONFIRMED and time.monotonic() > end:
            break
        # More looks than tries: who changes the images is more likely to be seen in a look.
        if observe(watch) != state:
            return Recurrence(tries, came, unchanged=watch.gone)
        again = [watch.send(exchange.request) for exchange in exchanges]
        if observe(watch) != state or watch.gone:
            return Recurrence(tries, came, unchanged=watch.gone)
        tries += 1
        came += shows(again) if shows else _alike(exchanges, again)
    return Recurrence(tries, came, unchanged=True)


def only_lists(exchanges: Sequence[Exchange]) -> bool:
    """Whether all *exchanges* ask for listings, which must repeat themselves."""
    return all(each.request.target.partition("?")[0] == PATH for each in exchanges)


def _alike(before: Sequence[Exchange], again: Sequence[Exchange]) -> bool:
    """Whether *again* shows what *before* did: the same answers, or the same contradiction."""
    pairs = [
        (one, two)
        for one, two in combinations(range(len(before)), 2)
        if before[one].request == before[two].request
    ]
    if pairs:
        return any(_answer(again[one]) != _answer(again[two]) for one, two in pairs)
    return all(_answer(one) == _answer(two) for one, two in zip(before, again, strict=True))


def _content(response: Response | None) -> object:
    """Return what an answer says: its images in any order, or its status if it is no listing."""
    if response is None:
        return None
    try:
        images = listing(response)
    except NotAListing:
        return response.status
    return sorted(json.dumps(image.raw, sort_keys=True) for image in images)


def _answer(exchange: Exchange) -> object:
    """Return what an exchange brought, but for the order of images of the same second."""
    content = _content(exchange.response)
    if exchange.response is None or not isinstance(content, list):
        return content
    return content, [image.created for image in listing(exchange.response)]
