"""Hold a request against the contract of its API version.

The server is as lenient as daemons are: it ignores unknown parameters, and takes nearly any text as
true. A client that relies on that has a fault nevertheless, and this finds it.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

import muster_openapi
from musterd.api import query_string
from musterd.contract import other_paths, path_lookup, rules, versions
from musterd.contract.path_lookup import KnownOperation
from musterd.contract.rules import Rules
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, RequestError
from musterd.listing import filters
from musterd.listing.filter_forms import is_list_or_map_form

_VERSIONED = re.compile(r"/v([0-9][0-9.]*)(/.*)", re.DOTALL)
_LISTING = "image_list"
_LISTS_AND_MAPS = (
    'write {"label":["key=value"]} or {"label":{"key=value":true}}, the same form throughout'
)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed request target.

    Attributes:
        version: The API version; None if there is none.
        path: The path without it.
        raw_query: The query string as sent.
        query: Its decoded values.
    """

    version: str | None
    path: str
    raw_query: str
    query: Mapping[str, list[str]]

    @classmethod
    def parse(cls, target: str) -> "Target":
        """Parse the target of a request line."""
        path, _, raw_query = target.partition("?")
        found = _VERSIONED.fullmatch(path)
        query = parse_qs(raw_query, keep_blank_values=True)
        if found is None:
            return cls(None, path, raw_query, query)
        return cls(found[1], found[2], raw_query, query)


def find(
    method: str, target: Target, headers: Mapping[str, str], http_version: str
) -> tuple[str, ...]:
    """Return how a request departs from the contract, one sentence each."""
    if not method:
        return ("it is not a valid HTTP request",)
    return (
        *_about_host(headers, http_version),
        *_about_version(target),
        *_about_operation(method, target),
    )


def _about_host(headers: Mapping[str, str], http_version: str) -> Iterator[str]:
    if "host" not in headers and http_version == "1.1":
        yield "the header Host is missing, which HTTP/1.1 demands"


def _about_version(target: Target) -> Iterator[str]:
    if target.version is None:
        return
    oldest, newest = ApiVersion(muster_openapi.OLDEST), versions.NEWEST
    if not oldest <= ApiVersion(target.version) <= newest:
        yield f"the contract describes the versions {oldest} to {newest}, not {target.version}"


def _about_operation(method: str, target: Target) -> Iterator[str]:
    version = versions.NEWEST if target.version is None else ApiVersion(target.version)
    document = versions.documented(version)
    operation = path_lookup.find(document, method, target.path)
    if operation is not None:
        yield from _about_query(target, operation, version)
        return
    if method == "OPTIONS":
        return
    known = [
        each for each in muster_openapi.VERSIONS if path_lookup.find(each, method, target.path)
    ]
    if known:
        yield f"{method} {target.path} came with v{known[0]}; v{version} does not know it"
    elif other_paths.refusal(method, target.path):
        yield f"{method} {target.path} is part of the Docker API, but not about listing images"
    else:
        yield f"{method} {target.path} is not an operation of v{version}"


def _about_query(target: Target, operation: KnownOperation, version: ApiVersion) -> Iterator[str]:
    try:
        values = query_string.first_values(target.raw_query.encode("latin-1", "replace"))
    except BadRequestError as error:
        yield f"the query string is malformed: {error}"
        return
    for name in values:
        if name not in operation.parameters:
            yield _unknown(name, operation, version)
        elif len(target.query.get(name, ())) > 1 and name not in operation.lists:
            yield f"the parameter {name!r} is there more than once; only the first counts"
    if values.get("filters") and "filters" in operation.parameters:
        # Other operations have other filters.
        found = rules.at(version) if operation.operation_id == _LISTING else None
        yield from _about_filters(values["filters"], found)


def _unknown(name: str, operation: KnownOperation, version: ApiVersion) -> str:
    known = [
        each
        for each in muster_openapi.VERSIONS
        if name in path_lookup.parameters(each, operation.operation_id)
    ]
    if not known:
        offered = ", ".join(sorted(operation.parameters)) or "none"
        return f"unknown parameter {name!r}; {operation.operation_id} of v{version} has: {offered}"
    if ApiVersion(known[0]) > version:
        return f"the parameter {name!r} came with v{known[0]}; v{version} does not know it"
    return f"the parameter {name!r} is gone since v{_next(known[-1])}; v{version} does not know it"


def _next(document: str) -> str:
    """Return the version of the document after this one."""
    return muster_openapi.VERSIONS[muster_openapi.VERSIONS.index(document) + 1]


def _about_filters(text: str, found: Rules | None) -> Iterator[str]:
    """Tell what is wrong with `filters`, and with its keys and values if their rules are given."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield f"'filters' is not JSON: {error}"
        return
    if not is_list_or_map_form(value):
        yield f"'filters' has a wrong form; {_LISTS_AND_MAPS}"
        return
    if found is None:
        return
    unknown = [key for key in value if key not in found.filter_keys]
    yield from (_unknown_filter(key, found) for key in unknown)
    if not unknown:
        problem: RequestError | None
        try:
            # Some values are refused only once there are images to look up.
            problem = filters.parse(text, "", found, time.time_ns()).error
        except BadRequestError as refused:
            problem = refused
        if problem is not None:
            yield f"'filters' has an invalid value: {problem}"


def _unknown_filter(key: str, found: Rules) -> str:
    since = next((each.since for each in rules.ALL if key in each.filter_keys), None)
    if since is None:
        return f"unknown filter {key!r}; there are: {', '.join(sorted(found.filter_keys))}"
    return f"the filter {key!r} came with v{since}; this version does not know it"
