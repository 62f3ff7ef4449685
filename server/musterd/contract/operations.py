# Written by `make stubs` from the documents in openapi/. Change those, not this.
"""The methods that handlers must have: one an operation, with the parameters of all versions."""

from collections.abc import Sequence
from typing import Protocol

from starlette.responses import Response

from musterd.contract.rules import Rules


class Reads(Protocol):
    """The read-only operations."""

    def image_list(
        self,
        *,
        account: str,
        rules: Rules,
        all_: str = ...,
        filters: str = ...,
        filter_: str = ...,
        digests: str = ...,
        shared_size: str = ...,
        manifests: str = ...,
        identity: str = ...,
    ) -> Response:
        """List Images."""
        ...

    def image_inspect(
        self, *, account: str, rules: Rules, name: str, manifests: str = ..., platform: str = ...
    ) -> Response:
        """Inspect an image."""
        ...

    def image_history(
        self, *, account: str, rules: Rules, name: str, platform: str = ...
    ) -> Response:
        """Show how an image was made."""
        ...

    def image_search(
        self, *, rules: Rules, term: str = ..., filters: str = ..., limit: str = ...
    ) -> Response:
        """Search a registry."""
        ...

    def container_list(
        self,
        *,
        rules: Rules,
        all_: str = ...,
        limit: str = ...,
        size: str = ...,
        filters: str = ...,
    ) -> Response:
        """List containers."""
        ...

    def ping_head(self) -> Response:
        """Ask for the API version."""
        ...

    def ping(self) -> Response:
        """Check that the server is up."""
        ...

    def version(self) -> Response:
        """Describe the server."""
        ...

    def info(self, *, account: str) -> Response:
        """Ask how the server is doing."""
        ...

    def image_attestations(
        self,
        *,
        account: str,
        name: str,
        platform: Sequence[str] = ...,
        type_: Sequence[str] = ...,
        statement: str = ...,
    ) -> Response:
        """List the attestations of an image."""
        ...


class LongReads(Protocol):
    """Those that may take long."""

    async def system_df(
        self, *, account: str, rules: Rules, type_: Sequence[str] = ..., verbose: str = ...
    ) -> Response:
        """Return the disk usage."""
        ...

    async def system_events(
        self, *, account: str, rules: Rules, since: str = ..., until: str = ..., filters: str = ...
    ) -> Response:
        """Follow events."""
        ...


class Writes(Protocol):
    """The operations that change the catalogue."""

    async def image_load(
        self, *, account: str, quiet: str = ..., platform: Sequence[str] = ...
    ) -> Response:
        """Load images from an archive."""
        ...

    async def image_tag(
        self,
        *,
        account: str,
        rules: Rules,
        name: str,
        repo: str = ...,
        tag: str = ...,
        force: str = ...,
    ) -> Response:
        """Give an image another name."""
        ...

    async def image_delete(
        self,
        *,
        account: str,
        rules: Rules,
        name: str,
        force: str = ...,
        noprune: str = ...,
        platforms: Sequence[str] = ...,
    ) -> Response:
        """Remove a name, and an image with its last name."""
        ...

    async def image_prune(self, *, account: str, rules: Rules, filters: str = ...) -> Response:
        """Delete unused images."""
        ...


class Transfers(Protocol):
    """Those that ask a registry."""

    async def image_create(
        self,
        *,
        account: str,
        rules: Rules,
        from_image: str = ...,
        from_src: str = ...,
        tag: str = ...,
        platform: str = ...,
    ) -> Response:
        """Pull an image."""
        ...

    async def image_push(
        self, *, account: str, rules: Rules, name: str, tag: str = ...
    ) -> Response:
        """Push an image to a registry."""
        ...
