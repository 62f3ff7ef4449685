"""Puts fixture images on a server, and takes them off again.

The only part of the suite that changes anything, and then only under the run's own names and Ids:
`permission` is what the transport asks before it sends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from muster.errors import Blocked
from muster.evidence import ALL
from muster.exchange import Exchange, Request, Response, Sender
from muster.fixtures import Archive
from muster.image import NotAListing, listing, shorten
from muster.reference import repository
from muster.transport import reads_only

LOAD = "/images/load?quiet=1"
TAR = (("Content-Type", "application/x-tar"),)


def tag_request(image: str, reference: str) -> Request:
    """The request that gives *image* the further name *reference*."""
    name, tag = repository(reference), reference.rpartition(":")[2]
    target = f"/images/{quote(image, safe='/:@')}/tag?repo={quote(name, safe='')}&tag={tag}"
    return Request(target, method="POST")


def remove_request(image: str) -> Request:
    """The request that removes the name *image*, or the image with that Id."""
    return Request(f"/images/{quote(image, safe='/:@')}", method="DELETE")


def permission(archive: Archive) -> Callable[[Request], bool]:
    """What may be sent while *archive* is planted: what reads, and what touches only its images."""
    spaces = archive.namespaces()
    ids = {image.id for image in archive.images}

    def allowed(request: Request) -> bool:
        if reads_only(request) or (request.method, request.target) == ("POST", LOAD):
            return True
        path, _, query = request.target.removeprefix("/images/").partition("?")
        if request.method == "DELETE":
            return path.startswith(spaces) or path in ids
        own = tuple(f"repo={quote(space, safe='')}" for space in spaces)
        image = path.removesuffix("/tag")
        return (
            request.method == "POST"
            and path.endswith("/tag")
            and (image.startswith(spaces) or image in ids)
            and query.startswith(own)
        )

    return allowed


@dataclass(slots=True)
class Planting:
    """Images that are on the server for the time of a run.

    Attributes:
        archive: what was loaded.
        residue: what could not be removed, in words; filled when the planting ends.
    """

    archive: Archive
    residue: list[str] = field(default_factory=list)


@contextmanager
def planted(sender: Sender, archive: Archive) -> Iterator[Planting]:
    """Load *archive*, and remove its images at the end, whatever happened.

    Raises:
        Blocked: if the server does not take the archive.
    """
    planting = Planting(archive)
    try:
        _load(sender, archive)
        yield planting
    finally:
        planting.residue += _clear(sender, archive)


def _load(sender: Sender, archive: Archive) -> None:
    exchange = sender.send(Request(LOAD, "POST", headers=TAR, body=archive.data))
    trouble = _trouble(exchange)
    if trouble:
        raise Blocked(
            f"the fixture images could not be loaded: {trouble}. "
            "Load them by hand (`muster fixtures OUT.tar`), or check without --plant."
        )


def _trouble(exchange: Exchange) -> str:
    """What keeps a load from being done; daemons report errors with status 200, too."""
    response = exchange.response
    if response is None:
        return exchange.trouble
    if response.is_error:
        return f"status {response.status}: {shorten(response.text)}"
    return next((error for line in response.text.splitlines() if (error := _error(line))), "")


def _error(line: str) -> str:
    try:
        message = json.loads(line)
    except ValueError:
        return ""
    return str(message["error"]) if isinstance(message, dict) and message.get("error") else ""


def _clear(sender: Sender, archive: Archive) -> list[str]:
    """Remove every image of *archive*; return what remains."""
    spaces = archive.namespaces()
    ids = {image.id for image in archive.images}
    names = [tag for image in archive.images for tag in image.tags]
    here = _there(sender) or {}
    names += [tag for tags in here.values() for tag in tags if tag.startswith(spaces)]
    for name in dict.fromkeys(names):
        sender.send(remove_request(name))
    # Children before their parents, which a daemon keeps for as long as there are any.
    for image in reversed(archive.images):
        if image.id in (_there(sender) or {}):
            sender.send(remove_request(image.id))
    left = _there(sender)
    if left is None:
        return [f"what there may be of {' and '.join(spaces)}: the server lists nothing any more"]
    return [
        f"{identifier} {' '.join(tags)}".rstrip()
        for identifier, tags in left.items()
        if identifier in ids or any(tag.startswith(spaces) for tag in tags)
    ]


def _there(sender: Sender) -> dict[str, tuple[str, ...]] | None:
    """Ids and tags of the images that the server lists; None if it answers with no listing."""
    response: Response | None = sender.send(ALL).response
    try:
        return {image.id: image.tags for image in listing(response)} if response else None
    except NotAListing:
        return None
