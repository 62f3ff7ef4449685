"""Rules on the version in the path: supported versions, and requests without one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.http import answered_with
from muster.checks.listing.other_endpoints import inspected
from muster.model.exchange import Request
from muster.model.query import ALL, PATH, PLAIN, Query
from muster.model.version import ApiVersion
from muster.register.verdict import Passed

FOUND, BAD_REQUEST = 200, 400

OLDER = ("/v1.12", "/v1.23", "/v1.24", "/v1.40")
"""Versions that a server offers, or no longer offers."""

NEWER = ("9.99", "1.999", "1.123", "2.0", "2.23", "10.1")
"""Versions that no server offers; some compare lower than real ones if they are taken for texts."""

VERSION = re.compile(r"1\.[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class _Offer:
    """The versions that a server advertises; None if it advertises none."""

    newest: ApiVersion | None
    oldest: ApiVersion | None


def _offer(context: Context) -> Steps[_Offer]:
    """Return the versions of `GET /version`, unless they leave out the one that is checked."""
    told = inspected((yield Request("/version", version=""))) or {}
    newest, oldest = _parsed(told.get("ApiVersion")), _parsed(told.get("MinAPIVersion"))
    if newest is not None and newest < context.version:
        newest = None
    if oldest is not None and oldest > context.version:
        oldest = None
    return _Offer(newest, oldest)


def _parsed(text: object) -> ApiVersion | None:
    is_version = isinstance(text, str) and VERSION.fullmatch(text)
    return ApiVersion.parse(str(text)) if is_version else None


def _path(major: int, minor: int) -> Request:
    return Request(PATH, version=f"/v{major}.{minor}")


@check("HTTP-VERSION-TOO-NEW")
def newer_versions_are_refused(context: Context) -> Steps[Passed]:
    """One above the newest, and versions that sort below it if they are taken for texts."""
    newest = (yield from _offer(context)).newest
    newer = [Request(PATH, version=f"/v{text}") for text in NEWER]
    if newest is not None:
        yield from steps.default_listing(at_least=0)
        yield from answered_with([_path(1, newest.minor)], (FOUND,), "the newest version")
        newer.append(_path(1, newest.minor + 1))
    minor = max(context.version, newest or context.version).minor
    newer += [_path(1, minor * 10), _path(1, minor * 100), _path(2, minor)]
    return (yield from answered_with(newer, (BAD_REQUEST,), "a version that does not exist"))


@check("HTTP-VERSION-TOO-OLD")
def older_versions_are_served_or_refused(context: Context) -> Steps[Passed]:
    """API version 0.1, one below the oldest, and versions that clients of the years ask for."""
    oldest = (yield from _offer(context)).oldest
    refused = [_path(0, 1)]
    if oldest is not None and oldest.minor > 0:
        yield from answered_with([_path(1, oldest.minor)], (FOUND,), "the oldest version")
        refused.append(_path(1, oldest.minor - 1))
    yield from answered_with(refused, (BAD_REQUEST,), "a version that is not served")
    older = [Request(PATH, version=version) for version in OLDER]
    return (yield from answered_with(older, (FOUND, BAD_REQUEST), "an older version"))


@check("HTTP-VERSION-FORMS")
def versions_are_numbers(context: Context) -> Steps[Passed]:
    """The version with `.0` behind it, and with a zero in front of its second number."""
    usual = yield from steps.default_listing()
    version = context.version
    for form in (f"/v{version}.0", f"/v{version.major}.0{version.minor}"):
        found = yield from steps.fetch_listing(Request(PATH, version=form))
        steps.require_same_images(usual, found, f"{form} lists other images than /v{version}")
    return Passed()


@check("HTTP-UNVERSIONED")
def the_version_may_be_left_out(context: Context) -> Steps[Passed]:
    """The path of the seed's example requests, and filters, beside the newest version."""
    found = yield from steps.fetch_listing(Request(ALL.target, version=""))
    newest = (yield from _offer(context)).newest
    if newest is None:
        return Passed()
    labels = [Query(filters={"label": [key]}) for key in askable.keys(found.images)[:2]]
    dangling = [Query(filters={"dangling": [value]}) for value in ("true", "false")]
    for asked in (ALL, PLAIN, *(query.request() for query in (*dangling, *labels))):
        exchange, response = yield from steps.fetch(replace(asked, version=f"/v{newest}"))
        if response.is_error:
            # The filter's own requirement reports that.
            continue
        bare = yield from steps.fetch_listing(replace(asked, version=""))
        message = f"without a version other images are listed than at {newest}, the newest"
        steps.require_same_images(steps.as_listing(exchange), bare, message)
    return Passed()
