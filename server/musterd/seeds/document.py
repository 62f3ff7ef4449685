"""Seed files: YAML documents that describe images."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from musterd.errors import SeedError
from musterd.seeds import yaml_lines
from musterd.seeds.description import ImageDescription, describe
from musterd.seeds.yaml_lines import Document, Path, YamlError

_SHOWN = 60


def parse(text: str, name: str) -> list[ImageDescription]:
    """Parse a seed file.

    Args:
        text: The text of the file.
        name: Its name in messages.

    Raises:
        SeedError: It is no seed file; the message has the line and the reason.
    """
    try:
        document = yaml_lines.parse(text)
    except YamlError as error:
        raise SeedError(f"{name}:{error.line}: {error}") from None
    return _descriptions(document, lambda path: f"{name}:{document.line(path)}")


def parse_json(text: bytes, name: str) -> list[ImageDescription]:
    """Parse the same content in JSON.

    Args:
        text: The text.
        name: Its name in messages.

    Raises:
        SeedError: It has no such content; the message has the place and the reason.
    """
    try:
        document = Document(json.loads(text), {})
    except (ValueError, RecursionError) as error:
        raise SeedError(f"{name} is not JSON: {error}") from None
    return _descriptions(document, lambda path: f"{name}: {'.'.join(map(str, path)) or 'all'}")


def _descriptions(document: Document, place: Callable[[Path], str]) -> list[ImageDescription]:
    """Return the descriptions in a document, whose places messages show."""
    if problem := _problem(document):
        path, reason = problem
        raise SeedError(f"{place(path)}: {reason}")
    return [
        _description(image, number, place) for number, image in enumerate(document.value["images"])
    ]


def schema() -> dict[str, Any]:
    """Return the JSON Schema of seed files; a new one each time."""
    found: dict[str, Any] = json.loads(
        resources.files(__package__).joinpath("seed.schema.json").read_bytes()
    )
    return found


@cache
def _validator() -> Any:
    # Slow to import, and only needed for seed files.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(schema())


def _problem(document: Document) -> tuple[Path, str] | None:
    """Return the first problem in a document: where it is, and what it is."""
    found = [_explained(error) for error in _validator().iter_errors(document.value)]
    return min(found, key=lambda problem: document.line(problem[0]), default=None)


def _explained(error: Any) -> tuple[Path, str]:
    path: Path = tuple(error.absolute_path)
    match error.validator:
        case "additionalProperties":
            known = error.schema["properties"]
            unknown = next(key for key in error.instance if key not in known)
            return (*path, unknown), f"unknown key {unknown!r}; known are {', '.join(known)}"
        case "required":
            return path, "the key 'images' is missing"
        case "not":
            return (*path, "names"), "there is 'name' as well as 'names'; write one of them"
    where = f"{path[-1]!r}" if path and isinstance(path[-1], str) else "it"
    return path, f"{where} must be {error.schema['description']}, not {_short(error.instance)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _description(image: Any, number: int, place: Callable[[Path], str]) -> ImageDescription:
    path: Path = ("images", number)
    rest = dict(image)
    names: Sequence[str] = rest.pop("names", ())
    if "name" in rest:
        names = (rest.pop("name"),)
    try:
        return describe(*names, **rest, origin=place(path))
    except SeedError as error:
        where = (*path, "names" if error.field == "name" and "names" in image else error.field)
        found = place(tuple(step for step in where if step is not None))
        raise SeedError(f"{found}: {error}", error.field) from None
