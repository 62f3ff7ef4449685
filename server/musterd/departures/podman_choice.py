"""Which images podman lists: those that meet the conditions of a request."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from musterd.departures import podman_filters, podman_names
from musterd.departures.exchange import Ask, Image, Query
from musterd.departures.podman_filters import Condition, WrongFilterError
from musterd.images import dates
from musterd.images.image import NEVER
from musterd.listing import timestamps

_OK = 200


def plain_id(image_id: str) -> str:
    """Return an Id without its algorithm."""
    return image_id.removeprefix("sha256:")


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice among images.

    Attributes:
        images: All images, as the server lists them.
        finds: Whether `reference` and `id` find an image by the beginning of its Id.
        loaded: When images without a date were loaded, in seconds since 1970.
        query: The request.
        ask: Asks the server, which knows fractions of seconds.
    """

    images: Sequence[Image]
    finds: bool
    loaded: int
    query: Query
    ask: Ask

    async def of(self, groups: Iterable[Sequence[Condition]]) -> list[Image]:
        """Return the images that meet one condition of each group.

        Raises:
            WrongFilterError: podman refuses a filter.
        """
        found = []
        for group in groups:
            meeting: set[str] = set()
            for each in group:
                ids = await self._meeting(each)
                meeting |= self._but(ids) if each.negated else ids
            found.append(meeting)
        return [image for image in self.images if all(image["Id"] in ids for ids in found)]

    async def _meeting(self, condition: Condition) -> set[str]:
        """Return the Ids of the images that meet a condition."""
        if condition.key in ("before", "since"):
            return await self._timed(condition.key, condition.value)
        if condition.key == "until":
            return await self._until(condition.value)
        if condition.key in podman_filters.BOOLEAN_KEYS:
            ids = self._nameless(condition.key)
            return ids if condition.boolean else self._but(ids)
        if condition.key == "id":
            return self._with_id(condition.value)
        if condition.key == "label":
            return self._ids(
                each for each in self.images if podman_filters.has_label(each, condition.value)
            )
        return self._named(condition.value)

    def _named(self, text: str) -> set[str]:
        found = self._ids(
            each for each in self.images if podman_names.matches(text, podman_names.full_tags(each))
        )
        return found | self._with_id(text) if self.finds else found

    def _nameless(self, key: str) -> set[str]:
        """Return the images without a name that have children, or that have none."""
        parents = {plain_id(each["ParentId"]) for each in self.images}
        return self._ids(
            each
            for each in self.images
            if not podman_names.full_tags(each)
            and key == ("intermediate" if plain_id(each["Id"]) in parents else "dangling")
        )

    def _ids(self, images: Iterable[Image]) -> set[str]:
        return {each["Id"] for each in images}

    def _but(self, ids: set[str]) -> set[str]:
        return self._ids(self.images) - ids

    def _with_id(self, text: str) -> set[str]:
        plain = plain_id(text)
        return self._ids(
            each
            for each in self.images
            if (
                plain and plain_id(each["Id"]).startswith(plain)
                if self.finds
                else text == each["Id"]
            )
        )

    async def _until(self, text: str) -> set[str]:
        """Return the images from before a time."""
        try:
            limit = timestamps.parse(text, time.time_ns()) / dates.NANOSECONDS
        except timestamps.InvalidTimestampError as error:
            raise WrongFilterError(str(error)) from None
        listed = await self._listed("until", text)
        return self._ids(
            each
            for each in self.images
            if (self.loaded < limit if each["Created"] == NEVER else each["Id"] in listed)
        )

    async def _listed(self, key: str, value: str) -> set[str]:
        """Return what the server itself lists with a filter."""
        filters = json.dumps({key: [value]})
        answer = await self.ask(self.query.of_pairs([("all", "1"), ("filters", filters)]))
        return self._ids(answer.images or ())

    async def _timed(self, key: str, name: str) -> set[str]:
        """Return the images before or since another."""
        path = f"/images/{podman_names.short(name)}/json"
        named = await self.ask(replace(self.query, path=path, text=""))
        if named.status != _OK:
            raise WrongFilterError(
                f'could not find local image for filter "{key}"="{name}": {name}: image not known'
            )
        image_id = plain_id(named.details["Id"])
        other = next(each for each in self.images if plain_id(each["Id"]) == image_id)
        listed = await self._listed(key, other["Id"])
        sign = -1 if key == "before" else 1
        return self._ids(
            each
            for each in self.images
            if (
                (self.created(each) - self.created(other)) * sign > 0
                if NEVER in (each["Created"], other["Created"])
                else each["Id"] in listed
            )
        )

    def created(self, image: Image) -> int:
        """Return when an image was made, or else loaded, in seconds since 1970."""
        created: int = image["Created"]
        return self.loaded if created == NEVER else created
