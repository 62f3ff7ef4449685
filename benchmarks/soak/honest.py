"""Well-behaved clients that know every correct response."""

import hashlib
import io
import json
import random
import tarfile
import time
from itertools import count
from urllib.parse import quote

from benchmarks.soak.connection import Connection, SoakError
from benchmarks.soak.load import Load
from musterd.access.credentials import Credential

# Images and tags that a connection has at most, so that the catalogue keeps its size.
_MOST = 12


class HonestClient:
    """A connection that knows which of its images there must be."""

    def __init__(self, load: Load, number: int, key: Credential, chance: random.Random) -> None:
        self._load = load
        self._owner = f"client-{number}"
        self._key = key
        self._chance = chance
        self._connection = Connection(load.port)
        self._serial = count()
        #: The tags of each image by its Id: all that there should be.
        self._images: dict[str, set[str]] = {}

    async def work(self) -> None:
        """Take random steps until the time is up."""
        steps = (
            self._load_image,
            self._tag,
            self._remove,
            self._list,
            self._list,
            self._list_by_name,
        )
        while not self._load.is_over:
            step = self._chance.choice(steps)
            self._load.done[step.__name__.strip("_")] += 1
            await step()
        await self._list()
        self._connection.close()

    async def _ask(
        self, method: str, target: str, body: bytes = b"", *, expected: int = 200, **more: str
    ) -> bytes:
        head = self._load.head(self._key, method, target, body, **more)
        start = time.monotonic()
        try:
            answer = await self._connection.ask(head, body)
        except (OSError, EOFError, TimeoutError) as error:
            raise SoakError(f"{method} {target} was not answered: {error!r}") from error
        times = self._load.alone if start < self._load.quiet else self._load.beside
        times.append(time.monotonic() - start)
        if answer.status != expected:
            raise SoakError(f"{method} {target}: {answer.status} {answer.body[:300]!r}")
        return answer.body

    def _new_name(self) -> str:
        return f"soak/{self._owner}:{next(self._serial)}"

    async def _load_image(self) -> None:
        if len(self._images) >= _MOST:
            return
        name = self._new_name()
        config = json.dumps({"author": name, "config": {"Labels": {"owner": self._owner}}}).encode()
        await self._ask("POST", "/images/load", _archive(config, name))
        self._images[f"sha256:{hashlib.sha256(config).hexdigest()}"] = {name}

    async def _tag(self) -> None:
        if not self._images:
            return
        image = self._chance.choice(list(self._images))
        names = [name for tags in self._images.values() for name in tags]
        # A new name, or one that another image loses.
        few = len(names) < _MOST
        name = self._new_name() if few or not names else self._chance.choice(names)
        repository, _, tag = name.partition(":")
        query = f"repo={quote(repository, safe='')}&tag={tag}"
        await self._ask("POST", f"/images/{image}/tag?{query}", expected=201)
        for tags in self._images.values():
            tags.discard(name)
        self._images[image].add(name)

    async def _remove(self) -> None:
        if not self._images:
            return
        image = self._chance.choice(list(self._images))
        await self._ask("DELETE", f"/images/{image}?force=1")
        del self._images[image]

    async def _list(self) -> None:
        wanted = quote(json.dumps({"label": [f"owner={self._owner}"]}))
        more = self._chance.choice(("", "&all=1", "&digests=1"))
        version = self._chance.choice(("", "/v1.23", "/v1.41", "/v1.44"))
        coding = self._chance.choice(({}, {"accept-encoding": "gzip;q=0"}))
        target = f"{version}/images/json?filters={wanted}{more}"
        self._check(await self._ask("GET", target, **coding), target)

    async def _list_by_name(self) -> None:
        target = f"/v1.23/images/json?filter=soak/{self._owner}"
        body = await self._ask("GET", target)
        named = {image: tags for image, tags in self._images.items() if tags}
        self._compare(_listed(body), named, target)

    def _check(self, body: bytes, target: str) -> None:
        self._compare(_listed(body), self._images, target)

    def _compare(
        self, found: dict[str, set[str]], expected: dict[str, set[str]], target: str
    ) -> None:
        if found != expected:
            raise SoakError(f"{self._owner}: GET {target}: {found}, expected {expected}")


def _listed(body: bytes) -> dict[str, set[str]]:
    return {
        image["Id"]: {tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"}
        for image in json.loads(body)
    }


def _archive(config: bytes, name: str) -> bytes:
    manifest = json.dumps([{"Config": "c.json", "RepoTags": [name], "Layers": []}]).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member, content in (("c.json", config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
