"""Parse YAML, and record the line of each value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

# A way into a document: keys of mappings, and positions in sequences.
Path = tuple[str | int, ...]

_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class YamlError(ValueError):
    """The text is not valid or not supported YAML.

    Attributes:
        line: The number of the line, counted from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document.

    Attributes:
        value: The document, of dicts, lists, and scalars. A date is a text.
        lines: The line of each value, or of its key, counted from 1.
    """

    value: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of the value at *path*, or else of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Document:
    """Parse a YAML document.

    Raises:
        YamlError: It is malformed, has a key twice, uses an alias, or is nested too deeply.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
        reader = _Reader()
        return Document(None if root is None else reader.value(root, ()), reader.lines)
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        raise YamlError(str(error.problem or error.context), line) from None
    except yaml.YAMLError as error:
        raise YamlError(str(error).partition("\n")[0], 1) from None
    except RecursionError:
        raise YamlError("it is nested too deeply", 1) from None


class _Loader(yaml.SafeLoader):
    """A loader without aliases, whose documents may be far larger than their text."""

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.check_event(yaml.AliasEvent):
            raise YamlError("aliases are not supported", self.line + 1)
        return super().compose_node(parent, index)


@dataclass(slots=True)
class _Reader:
    lines: dict[Path, int] = field(default_factory=dict)
    _scalars: yaml.constructor.SafeConstructor = field(
        default_factory=yaml.constructor.SafeConstructor
    )

    def value(self, node: Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(each, (*path, number)) for number, each in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise YamlError("a key must be a text", line)
            if key.value in found:
                raise YamlError(f"{key.value!r} is there twice", line)
            self.lines[*path, key.value] = line
            found[key.value] = self.value(value, (*path, key.value))
        return found

    def _scalar(self, node: Node) -> Any:
        if node.tag == _TIMESTAMP:
            return node.value
        try:
            return self._scalars.construct_object(node)
        except ValueError as error:
            raise YamlError(str(error), node.start_mark.line + 1) from None
