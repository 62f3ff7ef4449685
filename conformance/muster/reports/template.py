"""Renders self-contained HTML pages from templates.

Everything that comes from a server is untrusted: Jinja escapes every value,
`replace_control_characters` removes control characters, and the page's Content-Security-Policy
allows only the one script and the one style sheet in it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from muster.reports.json_text import replace_control_characters


def render(
    template: str,
    *,
    styles: tuple[str, ...],
    script: str,
    filters: Mapping[str, Callable[..., Any]],
    values: Mapping[str, Any],
) -> str:
    """Return the page that *template* makes of *values*.

    Args:
        template: Its file in this package.
        styles: The files of the style sheet, which are joined.
        script: The file of the script.
        filters: Functions that the template uses as filters.
        values: What the template shows.
    """
    environment = Environment(
        loader=PackageLoader("muster", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    style = "".join(map(_source, styles))
    code = _source(script)
    policy = [
        "default-src 'none'",
        f"style-src {_hash(style)}",
        f"script-src {_hash(code)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(code),  # noqa: S704 - our own file
        policy="; ".join(policy),
        **values,
    )


def _finalize(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return replace_control_characters(value)
    return value


def _source(name: str) -> str:
    return files("muster.reports").joinpath(name).read_text("utf-8")


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
