"""Command lines that show an exchange without Muster."""

from __future__ import annotations

import shlex

from muster.exchange import Request
from muster.target import Target
from muster.transport import request_path
from muster.version import ApiVersion


def curl(target: Target, version: ApiVersion, request: Request) -> str:
    """A `curl` command that sends *request* to *target* and prints status, headers and body."""
    words = ["curl", "-sS", "-I" if request.method == "HEAD" else "-i", "-g", "--path-as-is"]
    for name, value in request.headers:
        words += ["-H", f"{name}: {value}"]
    scheme = target.scheme
    if scheme == "unix":
        scheme = "http"
        words += ["--unix-socket", target.socket]
    words.append(f"{scheme}://{target.authority}{request_path(target, version, request)}")
    return shlex.join(words)
