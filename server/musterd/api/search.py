"""The response to ``GET /images/search``: repositories that a registry would find.

No registry is contacted: the operator configures the results. The contract's rules
`search.*`; moby v20.10.24 ``daemon/images/image_search.go:SearchRegistryForImages`` and
``registry/service.go:splitReposSearchTerm``.
"""

import re
from collections.abc import Iterator, Sequence

from musterd.contract.models import SearchResult
from musterd.contract.rules import Rules
from musterd.errors import BadRequestError
from musterd.listing import filters

_KEYS = frozenset({"is-automated", "is-official", "stars"})
_DEFAULT_LIMIT = 25
_LIMITS = range(1, 101)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
# A local search has no stars.
_STARS = 0


def search(
    names: Sequence[str], term: str, text: str, limit: str, rules: Rules
) -> list[SearchResult]:
    """Return the repositories among *names* that contain *term*.

    A term that begins with a registry finds only repositories of that registry, by their names
    there.

    Args:
        names: The names of the repositories that there are.
        term: What to look for.
        text: The value of `filters`.
        limit: The value of `limit`; empty for the usual one.
        rules: The rules of the request's API version.

    Raises:
        BadRequestError: A parameter is invalid.
    """
    most = _limit(limit, rules)
    found = filters.conditions(text, _KEYS, rules)
    automated = _boolean("is-automated", found, rules)
    official = _boolean("is-official", found, rules)
    stars = max(map(_number, found.get("stars", ())), default=0)
    if automated or stars > _STARS:
        return []
    results = (each for each in _results(names, term) if official in (None, each.is_official))
    return [result for result, _ in zip(results, range(most), strict=False)]


def _results(names: Sequence[str], term: str) -> Iterator[SearchResult]:
    registry = _registry(term)
    wanted = term.removeprefix(registry)
    for name in (each.removeprefix(registry) for each in names if each.startswith(registry)):
        if wanted in name:
            yield SearchResult(
                name=name,
                description="",
                star_count=_STARS,
                is_official="/" not in name,
                is_automated=False,
            )


def _registry(term: str) -> str:
    """Return the registry at the beginning of a term, with its slash; empty if there is none."""
    first, slash, _ = term.partition("/")
    is_registry = "." in first or ":" in first or first == "localhost"
    return first + slash if slash and is_registry else ""


def _limit(text: str, rules: Rules) -> int:
    if not text:
        return _DEFAULT_LIMIT
    if _INTEGER.fullmatch(text) is None:
        raise BadRequestError(f'strconv.Atoi: parsing "{text[:64]}": invalid syntax')
    if int(text) not in _LIMITS:
        word = "limit" if rules.terse_filters else "Limit"
        raise BadRequestError(f"{word} {text} is outside the range of [1, 100]")
    return int(text)


def _boolean(key: str, found: dict[str, filters.Values], rules: Rules) -> bool | None:
    """Parse a filter that is true or false; None if it is absent."""
    if key not in found:
        return None
    values = found[key].keys()
    if len(values) != 1 or not values <= {"true", "false", "1", "0"}:
        raise filters.invalid(key, values, rules)
    return bool(values & {"true", "1"})


def _number(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise BadRequestError(f"invalid filter 'stars=[{text[:64]}]'")
    return int(text)
