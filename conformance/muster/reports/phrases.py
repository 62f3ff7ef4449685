"""Requests, responses and results in words for people."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any
from urllib.parse import unquote

from muster.model.image import printable, shorten
from muster.record.record import RecordedRequest, RecordedResponse, RecordedResult

ID = re.compile(r"(?<!@)(sha256:)?\b([0-9a-f]{12})[0-9a-f]{52}\b")
"""Ids and digests, whose first characters are enough to identify them."""

SHORT_ID = re.compile(r"(?<![0-9a-f@:])[0-9a-f]{12}(?![0-9a-f])")

QUERY = re.compile(r"(?<=/images/json\?)\S+")
"""The query of a request in a message."""

WIDTH = 80
"""Columns of a line, except for commands and differences."""

ASKED_WIDTH = 160
TEXT_WIDTH = 100
AHEAD = 24
"""Characters to show before the first difference of two long lines."""


def describe_request(request: RecordedRequest) -> str:
    """Return *request* decoded, in at most two lines."""
    return shorten(f"{request.method} {unquote(request.target)}", ASKED_WIDTH)


def describe_response(response: RecordedResponse | None, error: str = "") -> str:
    """Summarize *response* in half a line: its status, its type and the kind of its body."""
    if response is None:
        return f"none ({error})"
    kind = response.headers.get("content-type", "").split(";")[0].strip()
    return ", ".join(part for part in (f"status {response.status}", kind, _body(response)) if part)


def describe_finding(result: RecordedResult) -> list[str]:
    """Return a line for each request and response of *result*, and one for the finding."""
    lines: list[str] = []
    for exchange in result.exchanges:
        lines.append(f"Request: {describe_request(exchange.request)}")
        lines.append(f"Response: {describe_response(exchange.response, exchange.error)}")
    return [*lines, f"Finding: {describe_result(result)}"]


def describe_result(result: RecordedResult) -> str:
    """Return the message of *result*, with short Ids, names of images and decoded queries."""
    readable = QUERY.sub(lambda query: unquote(query[0]), result.message)
    return printable(_named(ID.sub(r"\2", readable), result))


def _named(message: str, result: RecordedResult) -> str:
    """Return *message* with a name after the first Id of each image that has one."""
    if not SHORT_ID.search(message):
        return message
    names = _names(result)
    for short in dict.fromkeys(SHORT_ID.findall(message)):
        if short in names and f"{short} (" not in message:
            message = message.replace(short, f"{short} ({names[short]})", 1)
    return message


def _names(result: RecordedResult) -> dict[str, str]:
    """Return the first tag of each image in the listings of *result*, by its short Id."""
    names: dict[str, str] = {}
    for exchange in result.exchanges:
        images = _json(exchange.response)
        for image in images if isinstance(images, list) else []:
            tags = image.get("RepoTags") if isinstance(image, dict) else None
            found = ID.match(str(image.get("Id"))) if isinstance(tags, list) else None
            if found and tags and isinstance(tags[0], str):
                names.setdefault(found[2], shorten(tags[0], TEXT_WIDTH))
    return names


def _json(response: RecordedResponse | None) -> Any:
    if response is None or response.cut:
        return None
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def _body(response: RecordedResponse) -> str:
    if not response.size:
        return "an empty body"
    if response.cut:
        return f"{response.size} bytes"
    try:
        value = json.loads(response.body)
    except (ValueError, RecursionError):
        return shorten(response.body, TEXT_WIDTH)
    if isinstance(value, list):
        return f"{len(value)} image" + ("" if len(value) == 1 else "s")
    return shorten(response.body, TEXT_WIDTH)


def difference(result: RecordedResult, width: int) -> list[str]:
    """Return the lines of the difference with short Ids, cut to *width* around what differs.

    A beginning that a line shares with its counterpart is cut first.
    """
    lines = [printable(ID.sub(r"\2", line)) for line in result.difference]
    shown: list[str] = []
    for position, line in enumerate(lines):
        others = [
            each for each in lines[max(0, position - 1) : position + 2] if each[:1] != line[:1]
        ]
        shown.append(_window(line, others, width))
    return shown


def _window(line: str, others: list[str], width: int) -> str:
    if len(line) <= width:
        return line
    alike = max((_alike(line, other) for other in others), default=0)
    head, colon, _ = line[:alike].partition(": ")
    start = alike - AHEAD
    if colon and start > len(head):
        line = f"{head}: …{line[start:]}"
    return line if len(line) <= width else line[: width - 1] + "…"


def _alike(one: str, other: str) -> int:
    """Return how many characters after the sign are the same in both."""
    count = 1
    for left, right in zip(one[1:], other[1:], strict=False):
        if left != right:
            break
        count += 1
    return count


def wrapped(text: str, indent: str) -> list[str]:
    """Wrap *text* at WIDTH columns; lines after the first are indented by two more."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=True,
        break_on_hyphens=False,
    )
