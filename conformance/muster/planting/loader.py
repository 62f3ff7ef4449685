"""Loads fixture images into a server, and deletes them again.

No other part of the suite changes a server, except checks that change planted images. All changes
are limited to those that `muster.planting.plan.permission` allows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from muster.model.exchange import Exchange, Request, Sender
from muster.model.image import Image, NotAListing, listing, shorten
from muster.model.query import ALL, inspect_request
from muster.planting.docker_archive import Archive
from muster.planting.fixtures import Origin, Planted
from muster.planting.plan import (
    PlantingPlan,
    load_request,
    plain_pull_request,
    pull_request,
    remove_request,
)
from muster.planting.state import Obstacle, PlantedState
from muster.register.requirements import Need
from muster.register.verdict import Blocked, Inconclusive

ABSENT = frozenset({404, 405, 501})
"""Statuses of a server that does not have an operation."""

ROUNDS = 2
"""How often to delete images that remain: a change may still have been in progress."""

GIVE_UP_AFTER = 3
"""Consecutive requests without a response after which to give up."""


class FixtureLoader:
    """The images of a plan on a server.

    Args:
        sender: Sends the requests.
        plan: What to plant.
    """

    def __init__(self, sender: Sender, plan: PlantingPlan) -> None:
        self.sender = sender
        self.plan = plan
        self._begun = False

    def plant(self, between: Callable[[], None] = lambda: None) -> PlantedState:
        """Load and pull the images; record failures as obstacles.

        Args:
            between: Called between requests; it may raise to stop the planting there.
        """
        many = any(image.origin is Origin.MANY for image in self.plan.images)
        loaded = {Need.PLANTED, Need.CHANGES, *([Need.MANY] if many else [])}
        others = {Need.PULLED: self.plan.pulls, Need.PLATFORMS: self.plan.platforms}
        provided = frozenset({*loaded, *(need for need, there in others.items() if there)})
        if trouble := self._occupied():
            return PlantedState((), provided, dict.fromkeys(provided, Blocked(trouble)))
        obstacles: dict[Need, Obstacle] = {}
        self._begun = True
        if trouble := _trouble(self.sender.send(load_request(self.plan.archive))):
            reason = Blocked(
                f"the fixture images could not be loaded: {trouble}. Load them by hand "
                "(`muster fixtures OUT.tar --planted OUT.json`), or check without --plant."
            )
            obstacles |= dict.fromkeys(loaded, reason)
        between()
        if obstacle := self._pull(between):
            obstacles[Need.PULLED] = obstacle
        platforms, obstacle = self._load_platforms(between)
        if obstacle:
            obstacles[Need.PLATFORMS] = obstacle
        images = () if Need.PLANTED in obstacles else self.plan.archive.images
        pulled = () if Need.PULLED in obstacles else self.plan.pulled_images
        self._there()
        return PlantedState(images + pulled + platforms, provided, obstacles)

    def clear(self) -> list[str]:
        """Delete the images; continue after errors.

        Returns:
            Descriptions of what could not be deleted.
        """
        if not self._begun:
            return []
        self._begun = False
        silent = 0
        for requests in self._rounds():
            for request in requests:
                answered = self.sender.send(request).response is not None
                silent = 0 if answered else silent + 1
                if silent == GIVE_UP_AFTER:
                    return [self._unknown("no longer responds")]
        left = self._there()
        if left is None:
            return [self._unknown("no longer lists images")]
        return [f"{image.id} {' '.join(image.references)}".rstrip() for image in left]

    def _unknown(self, trouble: str) -> str:
        spaces = ", ".join(self.plan.namespaces)
        return f"images under {spaces}, if there are any: the server {trouble}"

    def _occupied(self) -> str:
        """Return why nothing can be planted; empty if planting is possible."""
        there = self._there()
        if there is None:
            return (
                "no fixture image was loaded: the server returns no listing, so that the suite "
                "could not tell its own images from others (see LIST-ANSWER)"
            )
        if there:
            return (
                f"no fixture image was loaded: the server has one of this run already: {there[0]}"
            )
        return ""

    def _pull(self, between: Callable[[], None]) -> Obstacle | None:
        for pull in self.plan.pulls:
            between()
            exchange = self.sender.send(pull_request(pull))
            response = exchange.response
            if response is not None and response.status in ABSENT:
                return Inconclusive(
                    "no image with a known digest: the server does not pull images "
                    f"(POST /images/create is answered with status {response.status})"
                )
            trouble = _trouble(exchange)
            if trouble and _trouble(self.sender.send(plain_pull_request(pull))):
                return Blocked(
                    f"the server could not pull {pull.name}: {trouble}. It must reach "
                    "--registry-address, and allow plain HTTP there (insecure-registries)."
                )
        return None

    def _load_platforms(
        self, between: Callable[[], None]
    ) -> tuple[tuple[Planted, ...], Obstacle | None]:
        """Load the images of several platforms that the server takes.

        Returns:
            Those that it took, and if it took none, the reason.
        """
        taken: list[Planted] = []
        obstacle: Obstacle | None = None
        for archive in self.plan.platforms:
            between()
            exchange = self.sender.send(load_request(archive))
            trouble = _trouble(exchange)
            if not trouble and self._has_kept(archive, exchange):
                taken += archive.images
            elif not trouble:
                obstacle = obstacle or Inconclusive(
                    "not supported by this engine: it reads an OCI layout, but keeps no image of it"
                )
            elif exchange.response is None:
                obstacle = obstacle or Blocked(f"an OCI layout could not be loaded: {trouble}")
            else:
                obstacle = obstacle or Inconclusive(
                    f"not supported by this engine: it loads no OCI layout: {trouble}"
                )
        return tuple(taken), None if taken else obstacle

    def _has_kept(self, archive: Archive, load: Exchange) -> bool:
        """Tell whether the server has an image of *archive*, which it loaded without an error.

        Podman 3.0 answers 200 to an artifact, with `Loaded image: ` and no name, and keeps nothing.
        """
        names = [name for image in archive.images for name in image.tags]
        if load.response is not None and any(name in load.response.text for name in names):
            return True
        inspections = (self.sender.send(inspect_request(name)).response for name in names)
        if any(response is not None and not response.is_error for response in inspections):
            return True
        there = self._there() or ()
        return any(name in image.references for image in there for name in names)

    def _rounds(self) -> Iterator[list[Request]]:
        """Return what to delete in each round: names first, then children, then their parents."""
        names = [name for image in self.plan.images for name in image.tags or image.digests]
        for _ in range(ROUNDS):
            there = self._there()
            names += [
                name
                for image in there or ()
                for name in image.references
                if name.startswith(self.plan.namespaces)
            ]
            yield [remove_request(name) for name in dict.fromkeys(names)]
            names = []
            here = {image.id for image in self._there() or ()}
            ids = [each for image in reversed(self.plan.images) for each in image.ids]
            left = [each for each in (*ids, *self.plan.recognised) if each in here]
            yield [remove_request(each) for each in dict.fromkeys(left)]
            if there is not None and not self._there():
                return

    def _there(self) -> list[Image] | None:
        """Return the images of the plan that the server lists.

        None if its response is not a listing.
        """
        response = self.sender.send(ALL).response
        try:
            images = listing(response) if response else None
        except NotAListing:
            return None
        if images is None:
            return None
        ours = self.plan.among(images)
        self.plan.recognise(ours)
        return ours


def _trouble(exchange: Exchange) -> str:
    """Return why a load or pull failed; empty if it succeeded.

    Daemons also report errors with status 200.
    """
    response = exchange.response
    if response is None:
        return exchange.error
    if response.is_error:
        return f"status {response.status}: {shorten(response.text)}"
    return next((error for line in response.text.splitlines() if (error := _error(line))), "")


def _error(line: str) -> str:
    try:
        message = json.loads(line)
    except ValueError:
        return ""
    error = message.get("error") if isinstance(message, dict) else None
    return shorten(str(error)) if error else ""
