"""The images to plant in one run, and the only requests that may be sent to do so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, urlencode

from muster.model.exchange import Request
from muster.model.image import Image, plain_id
from muster.model.query import PATH
from muster.model.reference import repository
from muster.planting.docker_archive import RUN_LABEL, Archive
from muster.planting.fixtures import Planted
from muster.planting.registry_images import Pull, Pulled
from muster.transport.transport import reads_only

LOAD = "/images/load?quiet=1"
SHORT_ID = re.compile("[0-9a-f]{20,64}")
TAR = (("Content-Type", "application/x-tar"),)

STORING = 300.0
"""Seconds that a load or a pull may take: podman 4.3 needs more than 30 on a busy machine."""


@dataclass(frozen=True, slots=True)
class PlantingPlan:
    """The images of one run.

    Attributes:
        archive: Images to load.
        pulled_images: Images to pull.
        pulls: The pulls that get them.
        namespaces: Prefixes that all names of these images have, and no other names do.
        platforms: Images of several platforms and the like, each to load on its own.
        recognised: Ids under which the server lists images whose names all belong to the run; not
            every server uses the digests of configs as Ids.
    """

    archive: Archive
    pulled_images: tuple[Planted, ...]
    pulls: tuple[Pull, ...]
    namespaces: tuple[str, ...]
    platforms: tuple[Archive, ...] = ()
    recognised: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        archive: Archive,
        pulled: Pulled | None = None,
        registry: str = "",
        platforms: tuple[Archive, ...] = (),
    ) -> Self:
        """Plan to load *archive* and *platforms*, and to pull *pulled* from *registry*."""
        spaces = archive.namespaces()
        if pulled is None:
            return cls(archive, (), (), spaces, platforms)
        spaces = (*spaces, pulled.namespace(registry))
        images, pulls = pulled.images(registry), pulled.pulls(registry)
        return cls(archive, images, pulls, spaces, platforms)

    @property
    def images(self) -> tuple[Planted, ...]:
        """All images, parents before their children."""
        platforms = tuple(image for each in self.platforms for image in each.images)
        return self.archive.images + self.pulled_images + platforms

    @property
    def ids(self) -> frozenset[str]:
        """Every Id that any of them may have."""
        return frozenset(self.recognised).union(*(image.ids for image in self.images))

    def among(self, images: Iterable[Image]) -> list[Image]:
        """Return those of *images*, as the server lists them, that belong to the run."""
        ids = self.ids
        return [
            image
            for image in images
            if image.id in ids
            or any(name.startswith(self.namespaces) for name in image.references)
            or image.labels.get(RUN_LABEL) == self.archive.run
        ]

    def recognise(self, ours: Iterable[Image]) -> None:
        """Record the Ids of those of *ours* that have no names outside the run."""
        self.recognised.update(
            image.id
            for image in ours
            if all(name.startswith(self.namespaces) for name in image.references)
        )


def load_request(archive: Archive) -> Request:
    """Return the request that loads *archive*."""
    return Request(LOAD, "POST", headers=TAR, body=archive.data, slow=STORING)


def pull_request(pull: Pull) -> Request:
    """Return Docker's request for *pull*."""
    query = urlencode({"fromImage": pull.repository, "tag": pull.reference})
    return Request(f"/images/create?{query}", "POST", slow=STORING)


def plain_pull_request(pull: Pull) -> Request:
    """Return podman's own request for *pull*, the only one that allows plain HTTP."""
    query = urlencode({"reference": pull.name, "tlsVerify": "false"})
    return Request(f"/libpod/images/pull?{query}", "POST", version="/v4.0.0", slow=STORING)


def tag_request(image: str, reference: str) -> Request:
    """Return the request that adds the name *reference* to *image*."""
    name, tag = repository(reference), reference.rpartition(":")[2]
    target = f"/images/{quote(image, safe='/:@')}/tag?repo={quote(name, safe='')}&tag={tag}"
    return Request(target, method="POST")


def remove_request(image: str) -> Request:
    """Return the request that deletes the name *image*, or the image with that Id."""
    return Request(f"/images/{quote(image, safe='/:@')}", method="DELETE")


def permission(plan: PlantingPlan) -> Callable[[Request], bool]:
    """Return a predicate for *plan* that allows reads, and changes of its own images."""
    spaces = plan.namespaces
    ids = plan.ids
    whole = {
        (request.method, request.version, request.target)
        for pull in plan.pulls
        for request in (pull_request(pull), plain_pull_request(pull))
    }
    whole.add(("POST", None, LOAD))
    # No operation of the API: it shows that the listing is none of POST.
    whole.add(("POST", None, PATH))

    def is_ours(image: str) -> bool:
        if image.startswith(spaces) or image in ids or image in plan.recognised:
            return True
        # A prefix of an Id, long enough to identify one image.
        return SHORT_ID.fullmatch(image) is not None and any(
            plain_id(each).startswith(image) for each in ids | plan.recognised
        )

    def allowed(request: Request) -> bool:
        if reads_only(request) or (request.method, request.version, request.target) in whole:
            return True
        if request.version is not None or not request.target.startswith("/images/"):
            return False
        path, question, query = request.target.removeprefix("/images/").partition("?")
        if request.method == "DELETE":
            return is_ours(path) and not question
        own = tuple(f"repo={quote(space, safe='')}" for space in spaces)
        return (
            request.method == "POST"
            and path.endswith("/tag")
            and is_ours(path.removesuffix("/tag"))
            and query.startswith(own)
        )

    return allowed
