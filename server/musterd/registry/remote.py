"""Pull from a registry."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from musterd.archives.limits import Limits, check_size
from musterd.archives.reader_pool import ReaderPool
from musterd.archives.spool import spooled
from musterd.errors import RegistryError
from musterd.images import platform as image_platform
from musterd.images.config import diff_ids
from musterd.images.image import Image
from musterd.images.platform import Platform
from musterd.images.reference import Reference
from musterd.registry import layout, manifests, progress
from musterd.registry.manifests import INDEXES, Document, Manifest
from musterd.registry.refusals import AbsentError, DeniedError, not_there
from musterd.registry.session import Session
from musterd.registry.source import Known, Pulled, Report

# The most tags of a repository to pull at once.
MOST_TAGS = 1000
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")
_CONTENT_TYPE = "content-type"


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


class RegistrySource:
    """A repository of a registry."""

    def __init__(self, session: Session, readers: ReaderPool, limits: Limits) -> None:
        """Create a source.

        Args:
            session: Asks the registry.
            readers: Read what it sends.
            limits: The limits on an image, as on an archive.
        """
        self._session = session
        self._readers = readers
        self._limits = limits
        self._found: dict[Reference, Document] = {}

    async def close(self) -> None:
        """Close the connections to the registry."""
        await self._session.close()

    async def tags(self, repository: str) -> list[str]:
        """Return the tags of the repository."""
        try:
            answer = await self._session.ask(
                "GET",
                f"{self._session.url('tags/list')}?{urlencode({'n': MOST_TAGS})}",
                self._limits.document_size,
            )
            tags = msgspec.json.decode(answer.body, type=_Tags).tags or []
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RegistryError(f"the list of tags is not as it should be: {error}") from None
        except (AbsentError, DeniedError) as error:
            raise not_there(Reference(repository), error) from None
        return [tag for tag in tags[:MOST_TAGS] if _TAG.fullmatch(tag)]

    async def find(self, name: Reference) -> None:
        """Get the manifest or index with a name."""
        try:
            self._found[name] = await self._document(name.digest or name.tag or "")
        except (AbsentError, DeniedError) as error:
            raise not_there(name, error) from None

    async def check(self, name: Reference, wanted: Platform | None) -> None:
        """Check that a name has an image for a platform."""
        found = self._found[name]
        if found.media_type in INDEXES:
            manifests.choose(found, wanted or image_platform.of_host())

    async def get(
        self, name: Reference, wanted: Platform | None, known: Known, report: Report
    ) -> Pulled:
        """Get the image with a name that was found."""
        top = document = self._found[name]
        if top.media_type in INDEXES:
            chosen = manifests.choose(top, wanted or image_platform.of_host())
            document = await self._document(chosen.digest)
        manifest = manifests.parse_manifest(document)
        image_id = manifest.config.digest
        image = None
        if not await known.has(image_id):
            image = await self._image((top, document), manifest, known, report)
        return Pulled(name, top.digest, image_id, image)

    async def _document(self, reference: str) -> Document:
        """Get a manifest or index, by its tag or its digest."""
        answer = await self._session.ask(
            "GET",
            self._session.url(f"manifests/{reference}"),
            self._limits.document_size,
            headers={"Accept": manifests.ACCEPT},
        )
        kind = manifests.media_type(answer.headers.get(_CONTENT_TYPE, ""), answer.body)
        document = Document(kind, answer.body)
        if ":" in reference and document.digest != reference:
            raise RegistryError(
                f"manifest verification failed for digest {reference}: it is {document.digest}"
            )
        return document

    async def _image(
        self,
        documents: Sequence[Document],
        manifest: Manifest,
        known: Known,
        report: Report,
    ) -> Image:
        """Get an image with all its layers; report only on those that are new."""
        name = f"{self._session.address.name}/{self._session.repository}"
        check_size(manifest.config.size, self._limits.document_size, f"the config of {name}")
        layers = {each.digest: each for each in manifest.layers}.values()
        check_size(sum(each.size for each in layers), self._limits.archive_size, name)
        config = await self._config(manifest)
        shared = await known.shared_layers(diff_ids(config))
        for layer in manifest.layers[:shared]:
            await report(progress.layer("Already exists", layer.digest))
        new = {each.digest: each for each in manifest.layers[shared:]}
        for digest in new:
            await report(progress.layer("Pulling fs layer", digest))
        pieces = layout.write(self._session, documents, manifest, config, new.keys(), report)
        async with spooled(pieces, self._limits.archive_size, name) as file:
            [image] = await self._readers.read(file, name, self._limits)
        for layer in new.values():
            line = progress.transfer("Extracting", layer.digest, layer.size, layer.size)
            await report(line)
            await report(progress.layer("Pull complete", layer.digest))
        return image

    async def _config(self, manifest: Manifest) -> bytes:
        wanted = manifest.config
        answer = await self._session.ask(
            "GET", self._session.url(f"blobs/{wanted.digest}"), wanted.size
        )
        if manifests.sha256(answer.body) != wanted.digest:
            raise RegistryError(
                f"image config verification failed for digest {wanted.digest}: it is "
                f"{manifests.sha256(answer.body)}"
            )
        return answer.body
