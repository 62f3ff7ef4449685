"""Serve oddities that the contract allows, so that a client's assumptions show.

The name is that of RFC 8701. An oddity depends on the seed and on what it is done to, and on
nothing else, so that the same request has the same response.
"""

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import muster_openapi
from musterd.contract import path_lookup
from musterd.contract.versions import ApiVersion, documented, split_version

_LISTING = "/images/json"
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
# Members of an image that may be empty, with the empty value.
_EMPTY: Mapping[str, Any] = {"RepoTags": [], "RepoDigests": [], "Labels": {}}
# Pieces of a chunked body, at most.
_PIECES = 4
# Headers of the original body. Without a tag no client can have the response already.
_REPLACED = (b"content-length", b"etag")


class Grease:
    """Change the responses of an application, within what the contract allows."""

    def __init__(self, app: ASGIApp, oddities: "Oddities") -> None:
        self._app = app
        self._oddities = oddities

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; pass on anything but HTTP unchanged."""
        if self._oddities.seed is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        version, path = split_version(scope["path"])
        if path != _LISTING:
            await self._app(scope, receive, send)
            return
        # Compressed responses would have to be decompressed first.
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self._app({**scope, "headers": headers}, receive, collect)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        target = scope["path"] + scope["query_string"].decode("latin-1")
        start = messages[0]
        if start["status"] == 200:  # noqa: PLR2004  # OK
            images = self._oddities.listing(msgspec.json.decode(body), version)
            start, pieces = self._oddities.body(start, msgspec.json.encode(images), target)
        else:
            start, pieces = self._oddities.refusal(start, scope["method"], version), [body]
        await send(start)
        for number, piece in enumerate(pieces, start=1):
            await send(
                {"type": "http.response.body", "body": piece, "more_body": number < len(pieces)}
            )


class Oddities:
    """The oddities of a seed.

    Attributes:
        seed: The seed; None for no oddities.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def listing(self, images: list[dict[str, Any]], version: ApiVersion) -> list[dict[str, Any]]:
        """Return a listing with the same images in another legal form."""
        nullable = _nullable(documented(version))
        changed = [self._image(image, nullable) for image in images]
        # Images of the same second may come in any order.
        return sorted(changed, key=lambda image: (-image["Created"], self._number(image["Id"])))

    def body(self, start: Message, body: bytes, target: str) -> tuple[Message, list[bytes]]:
        """Return the first message and the pieces of a body, with or without its length."""
        choice = self._choice(target)
        headers = [pair for pair in start["headers"] if pair[0] not in _REPLACED]
        if choice.random() < 1 / 2:
            length = str(len(body)).encode()
            return {**start, "headers": [*headers, (b"content-length", length)]}, [body]
        ends = sorted(choice.randrange(len(body)) for _ in range(choice.randrange(_PIECES)))
        pieces = [
            body[begin:end] for begin, end in zip([0, *ends], [*ends, len(body)], strict=True)
        ]
        return {**start, "headers": headers}, pieces

    def refusal(self, start: Message, method: str, version: ApiVersion) -> Message:
        """Return the first message for a request that failed: 405 for a wrong method, or 404."""
        document = documented(version)
        if start["status"] != 404 or path_lookup.find(document, method, _LISTING):  # noqa: PLR2004
            return start
        if self._number(method) < 1 / 2:
            return start
        allowed = [each for each in _METHODS if path_lookup.find(document, each, _LISTING)]
        return {
            **start,
            "status": 405,
            "headers": [*start["headers"], (b"allow", ", ".join(allowed).encode())],
        }

    def _image(self, image: dict[str, Any], nullable: frozenset[str]) -> dict[str, Any]:
        # Queries show an image with fewer names or members, and may not change the others.
        about = image["Id"]
        changed = dict(image)
        for name, empty in _EMPTY.items():
            value = changed.get(name, ...)
            if name in nullable and value in (None, empty):
                is_null = self._number(f"{about} {name}") < 1 / 2
                changed[name] = None if is_null else empty
            elif isinstance(value, list):
                changed[name] = sorted(value, key=lambda each: self._number(f"{about} {each}"))
        unknown = f"X-Grease-{int(self._number('member') * 1000)}"
        changed[unknown] = int(self._number(about) * 1000)
        ordered = sorted(changed, key=lambda name: self._number(f"{about} order {name}"))
        return {name: changed[name] for name in ordered}

    def _number(self, what: str) -> float:
        """Return a number from 0 to 1 that depends on the seed and on *what*."""
        return self._choice(what).random()

    def _choice(self, what: str) -> random.Random:
        """Return a source of choices about something."""
        return random.Random(f"{self.seed} {what}")  # noqa: S311  # not for secrets


@cache
def _nullable(version: str) -> frozenset[str]:
    """Return the members of a listed image that may be null, in the document of this version."""
    schemas = muster_openapi.document(version)["components"]["schemas"]
    members = schemas["ImageSummary"]["properties"]
    return frozenset(name for name, schema in members.items() if schema.get("nullable"))
