"""Reads and writes a matrix of runs as JSON."""

from __future__ import annotations

import json

import msgspec

from muster.record.matrix import Matrix


def dumps(matrix: Matrix) -> str:
    """Return *matrix* as JSON: one requirement, build or cell a line, without empty members."""
    value = msgspec.to_builtins(matrix)
    parts = []
    for name, each in value.items():
        if isinstance(each, list | tuple):
            lines = ",\n".join(f"    {_line(item)}" for item in each)
            parts.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
        else:
            parts.append(f"  {json.dumps(name)}: {json.dumps(each)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(item: dict[str, object]) -> str:
    there = {key: value for key, value in item.items() if value not in ("", (), [], {}, False)}
    return json.dumps(there, ensure_ascii=False)


def loads(text: bytes) -> Matrix:
    """Parse the JSON *text* of a matrix.

    Raises:
        msgspec.MsgspecError: If it is not one.
    """
    return msgspec.json.decode(text, type=Matrix)
