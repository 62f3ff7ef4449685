"""Fixes for keyboard and screen-reader users that furo's pages lack."""

from __future__ import annotations

MENDS = {
    # A heading without a level.
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    # Two landmarks of one kind need names.
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="Site"',
    '<aside class="toc-drawer': '<aside aria-label="Page" class="toc-drawer',
    # Scrollable elements must be reachable by keyboard.
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    # The page of the search has no heading.
    '<div id="search-results">': '<h1>Search</h1>\n<div id="search-results">',
}
"""Text in the pages, and its replacement."""


def accessible(page: str) -> str:
    """Return the HTML of a page with all of `MENDS`."""
    for found, mended in MENDS.items():
        page = page.replace(found, mended)
    return page
