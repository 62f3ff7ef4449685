"""Platforms in requests, and which images run on them.

A request passes a platform as a JSON object, which Docker decodes into OCI's `Platform` (moby
v28.5.2 ``api/server/httputils/form.go:DecodePlatform``). Matching follows containerd's
``platforms`` package and ``daemon/images/image.go:OnlyPlatformWithFallback`` of the same release:
a processor also runs images built for older variants. Loading an archive is stricter.
"""

import json
import platform as machine
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from musterd.errors import BadRequestError, NotFoundError

_OTHER_SYSTEMS = {"macos": "darwin"}
# Other names of processors, with the variant that they imply, if any.
_OTHER_PROCESSORS = {
    "i386": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
# The default variants.
_USUAL = {"amd64": "v1", "arm64": "v8"}
_DEFAULT_ARM = "v7"
_OLDEST_ARM = 5
_TEXTS = ("os", "architecture", "variant", "os.version")
_FEATURES = "os.features"
_SYSTEMS = frozenset({"darwin", "freebsd", "linux", "windows"})
_COMPONENT = re.compile(r"[A-Za-z0-9_.-]+")
_MOST_COMPONENTS = 3


class Platform(msgspec.Struct, frozen=True):
    """The platform of an image, in Go's terms.

    Attributes:
        os: The operating system: ``linux``.
        architecture: The processor: ``arm``.
        variant: The variant of the processor: ``v7``; empty if there is none.
    """

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        """Return the platform as messages show it: ``linux/arm/v7``."""
        return "/".join(filter(None, (self.os or "unknown", self.architecture, self.variant)))


def parse(text: str) -> Platform:
    """Parse the value of a `platform` parameter.

    Raises:
        BadRequestError: It is not a JSON object of strings, or lacks a system or a processor.
    """
    try:
        found = json.loads(text)
    except ValueError:
        raise BadRequestError("failed to parse platform: it is not JSON") from None
    except RecursionError:
        raise BadRequestError("failed to parse platform: it is nested too deeply") from None
    given = _members({} if found is None else found)
    system, processor = given.get("os"), given.get("architecture")
    if not system and not processor and any(given.values()):
        raise BadRequestError(
            "optional platform fields provided, but OS and Architecture are missing"
        )
    if not system or not processor:
        raise BadRequestError("both OS and Architecture must be provided")
    return Platform(system, processor, given.get("variant") or "")


def parse_specifier(text: str) -> Platform:
    """Parse ``os[/architecture[/variant]]``, or just an architecture.

    containerd ``platforms/platforms.go:Parse``.

    Raises:
        BadRequestError: It is none.
    """
    parts = text.split("/")
    if len(parts) > _MOST_COMPONENTS:
        raise BadRequestError(f'"{text}": cannot parse platform specifier: invalid argument')
    for part in parts:
        if _COMPONENT.fullmatch(part) is None:
            raise BadRequestError(
                f'"{part}" is an invalid component of "{text}": platform specifier component must '
                f'match "^{_COMPONENT.pattern}$": invalid argument'
            )
    here = of_host()
    if len(parts) > 1:
        return _normal(Platform(*parts))
    found = _normal(Platform(text, here.architecture))
    return found if found.os in _SYSTEMS else _normal(Platform(here.os, text))


def best(images: Sequence[Platform], wanted: Platform) -> int | None:
    """Return the position of the image that runs best on a platform; None if none does.

    containerd ``platforms/compare.go:Only``: the closest one is the best.
    """
    made = [_normal(image) for image in images]
    return next((made.index(each) for each in _run_by(_normal(wanted)) if each in made), None)


def of_config(config: bytes | None) -> Platform:
    """Return the platform in an image config; members that the config lacks are empty.

    Args:
        config: The config, or None if the image has none.
    """
    known: Mapping[str, Any] = {} if config is None else msgspec.json.decode(config)
    texts = (known.get(name) or "" for name in ("os", "architecture", "variant"))
    return Platform(*(text if isinstance(text, str) else "" for text in texts))


def of_host() -> Platform:
    """Return the platform whose images this machine runs."""
    return _normal(Platform("linux", machine.machine()))


def check(wanted: Platform | None, config: bytes | None, name: str) -> None:
    """Refuse an image that does not run on the *wanted* platform, if there is one.

    Raises:
        NotFoundError: The image does not run on it.
    """
    if wanted is not None and not runs(of_config(config), wanted):
        raise NotFoundError(
            f"image with reference {name} was found but its platform ({of_config(config)}) does "
            f"not match the specified platform ({wanted})"
        )


def runs(image: Platform, wanted: Platform) -> bool:
    """Tell whether an image for one platform runs on another."""
    made, where = _normal(image), _normal(wanted)
    if made in _run_by(where):
        return True
    # A config may omit the variant.
    return not image.variant and (made.os, made.architecture) == (where.os, where.architecture)


def is_same(image: Platform, wanted: Platform) -> bool:
    """Tell whether two platforms are the same after normalization."""
    return _normal(image) == _normal(wanted)


def _members(found: Any) -> dict[str, Any]:
    """Return the known members; like Go, ignore the case of their names."""
    if not isinstance(found, dict):
        raise BadRequestError("failed to parse platform: it is not a JSON object")
    given = {key.lower(): value for key, value in found.items()}
    for name in _TEXTS:
        if not isinstance(given.get(name, ""), str | None):
            raise BadRequestError(f"failed to parse platform: {name} is not a text")
    features = [] if given.get(_FEATURES) is None else given[_FEATURES]
    if not (isinstance(features, list) and all(isinstance(each, str) for each in features)):
        raise BadRequestError(f"failed to parse platform: {_FEATURES} is not a list of texts")
    return {name: given[name] for name in (*_TEXTS, _FEATURES) if name in given}


def _normal(platform: Platform) -> Platform:
    system, processor, variant = (
        text.lower() for text in (platform.os, platform.architecture, platform.variant)
    )
    processor, meant = _OTHER_PROCESSORS.get(processor, (processor, ""))
    variant = meant or variant
    if variant.isdecimal():
        variant = f"v{variant}"
    if processor == "arm" and not variant:
        variant = _DEFAULT_ARM
    if _USUAL.get(processor) == variant:
        variant = ""
    return Platform(_OTHER_SYSTEMS.get(system, system), processor, variant)


def _run_by(platform: Platform) -> Iterator[Platform]:
    """Yield the normalized platforms whose images run on *platform*, starting with itself."""
    yield platform
    number = int(platform.variant[1:]) if platform.variant[1:].isdecimal() else 0
    if platform.architecture == "amd64":
        for lower in range(number - 1, 1, -1):
            yield replace(platform, variant=f"v{lower}")
        yield replace(platform, variant="")
        yield replace(platform, architecture="386", variant="")
    elif platform.architecture == "arm64":
        for lower in range(number - 1, 8, -1):
            yield replace(platform, variant=f"v{lower}")
        yield replace(platform, variant="")
        yield from _run_by(replace(platform, architecture="arm", variant="v8"))
    elif platform.architecture == "arm":
        for lower in range(number - 1, _OLDEST_ARM - 1, -1):
            yield replace(platform, variant=f"v{lower}")
