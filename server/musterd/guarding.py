"""Putting an application behind what protects it."""

from starlette.types import ASGIApp

from musterd.access.authentication import Access
from musterd.access.cross_site import NoBrowsers
from musterd.http.timeouts import Patience
from musterd.settings import Protection
from musterd.storage.store import ImageStore


def guarded(app: ASGIApp, store: ImageStore, protection: Protection) -> ASGIApp:
    """Return *app* as those may reach it whom *protection* lets in.

    Args:
        app: What answers.
        store: What *app* answers from; signatures that were used are kept there too.
        protection: Who may ask.
    """
    inner: ASGIApp
    if protection.credentials is None:
        inner = NoBrowsers(app, protection.names)
    else:
        # No page can sign.
        inner = Access(app, protection.credentials, store, protection.rules)
    return Patience(inner, protection.connections)
