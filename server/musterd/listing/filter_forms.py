"""The two forms of the `filters` parameter that the contract allows."""

from typing import TypeGuard

FilterForm = dict[str, list[str]] | dict[str, dict[str, bool]]


def is_list_or_map_form(value: object) -> TypeGuard[FilterForm]:
    """Tell whether decoded JSON has one form throughout: lists of strings, or maps to booleans.

    The server itself accepts more, as the daemon does (`listing.filters`).

    Source: `filters.lists` and `filters.maps` of the contract.
    """
    if not isinstance(value, dict):
        return False
    lists = all(
        isinstance(each, list) and all(isinstance(item, str) for item in each)
        for each in value.values()
    )
    maps = all(
        isinstance(each, dict) and all(isinstance(item, bool) for item in each.values())
        for each in value.values()
    )
    return lists or maps
