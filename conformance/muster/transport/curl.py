"""Command lines that reproduce an exchange without Muster."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from muster.model.exchange import Request
from muster.model.version import ApiVersion
from muster.transport.redaction import is_secret
from muster.transport.target import Target
from muster.transport.transport import request_path, url_prefix

ALONE = ("-q", "--noproxy", "*")
"""Keep the user's settings and proxies from changing requests; -q must come first."""

GLOBBED = re.compile(r"[\[\]{}]")
DOTS = re.compile(r"/\.\.?(/|$)")
NO_LETTER = re.compile(r"[^A-Za-z0-9]")
NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class CurlOptions:
    """The curl options that a server needs, besides the request.

    Attributes:
        headers: Names of the headers that the user adds to every request.
        cacert: File of the certificate authority; empty for the system's authorities.
        cert: File of the client's certificate; empty for none.
        key: File of its key; empty for none.
        insecure: Whether to skip verification of the server's certificate.
        signed: Whether requests are signed, which curl cannot do.
    """

    headers: tuple[str, ...] = ()
    cacert: str = ""
    cert: str = ""
    key: str = ""
    insecure: bool = False
    signed: bool = False


DIRECT = CurlOptions()


def commands(
    target: Target,
    version: ApiVersion,
    requests: Iterable[Request],
    options: CurlOptions = DIRECT,
) -> tuple[str, ...]:
    """Return a `curl` command for each of *requests*; none if any of them must be signed."""
    asked = tuple(requests)
    if options.signed and not all(request.forgery.unsigned for request in asked):
        return ()
    return tuple(curl(target, version, request, options) for request in asked)


def curl(
    target: Target, version: ApiVersion, request: Request, options: CurlOptions = DIRECT
) -> str:
    """Return a `curl` command that sends *request* to *target* and prints status, headers and body.

    Environment variables stand for credentials: `$MUSTER_AUTHORIZATION` for the value of the
    header Authorization.
    """
    words = [*ALONE, "-sS", *_method(request.method)]
    words += _connection(target, options)
    headers = [_header(name, value, options) for name, value in request.headers]
    headers += [_header(name, "", options) for name in options.headers]
    path, mark, query = request_path(target, version, request).partition("?")
    url = url_prefix(target) + path
    if request.absolute:
        words += ["--request-target", url + mark + query]
    words += ["--path-as-is"] if DOTS.search(path) else []
    data = _readable(query) if request.method == "GET" else []
    if data:
        words.append("--get")
        for pair in data:
            words += ["--data-urlencode", pair]
    else:
        url += mark + query
    words += ["-g"] if GLOBBED.search(path + mark + ("" if data else query)) else []
    return " ".join(["curl", *map(shlex.quote, words), *headers, shlex.quote(url)])


def _method(method: str) -> list[str]:
    return {"GET": ["-i"], "HEAD": ["-I"]}.get(method, ["-i", "-X", method])


def _connection(target: Target, options: CurlOptions) -> list[str]:
    if target.scheme == "unix":
        return ["--unix-socket", target.socket]
    if target.scheme == "http":
        return []
    words = ["--http1.1"]
    for option, value in (
        ("cacert", options.cacert),
        ("cert", options.cert),
        ("key", options.key),
    ):
        words += [f"--{option}", value] if value else []
    return [*words, "--insecure"] if options.insecure else words


def _header(name: str, value: str, options: CurlOptions) -> str:
    if is_secret(name) or name in options.headers:
        variable = NO_LETTER.sub("_", name).upper()
        return f'-H "{name}: $MUSTER_{variable}"'
    return f"-H {shlex.quote(f'{name}: {value}')}"


def _readable(query: str) -> list[str]:
    """Return the decoded pairs of *query*, if curl encodes them back to the same bytes; else none.

    Pairs without encoding are just as readable in the URL. One difference is accepted: curl 7.88
    writes %7b for %7B, which means the same (RFC 3986, 2.1).
    """
    if "%" not in query:
        return []
    pairs: list[str] = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        try:
            text = unquote(value, errors="strict")
        except UnicodeDecodeError:
            return []
        # Some releases of curl encode a space as a plus.
        if not equals or " " in text or not text.isprintable() or not NAME.fullmatch(name):
            return []
        if quote(text, safe="") != value:
            return []
        pairs.append(f"{name}={text}")
    return pairs
