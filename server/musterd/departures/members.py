"""Departures in the members of listed images."""

from musterd.departures.exchange import Answer, Ask, Image, Query


def created_is_text(image: Image, _query: Query) -> None:
    """Show `Created` as text."""
    image["Created"] = str(image["Created"])


def smaller_virtual_size(image: Image, _query: Query) -> None:
    """Show a `VirtualSize` that is less than `Size`."""
    if "VirtualSize" in image and image["Size"]:
        image["VirtualSize"] = image["Size"] - 1


def twice(images: list[Image], _query: Query) -> list[Image]:
    """List the newest image twice."""
    return [*images[:1], *images]


def oldest_first(images: list[Image], _query: Query) -> list[Image]:
    """List images in the order in which they were made."""
    return images[::-1]


def counted_zero(image: Image, _query: Query) -> None:
    """Show 0 for values that were not calculated."""
    for name in ("SharedSize", "Containers"):
        if image.get(name) == -1:
            image[name] = 0


def lone_placeholder(image: Image, _query: Query) -> None:
    """Show `<none>:<none>` without `<none>@<none>`."""
    if image.get("RepoDigests") == ["<none>@<none>"]:
        image["RepoDigests"] = None


def virtual_size(image: Image, _query: Query) -> None:
    """Show `VirtualSize` at every version."""
    image.setdefault("VirtualSize", image["Size"])


def larger_if_filtered(image: Image, query: Query) -> None:
    """Show another `Size` of images that a filter chose."""
    if query.filters:
        image["Size"] += 1
        if "VirtualSize" in image:
            image["VirtualSize"] += 1


def manifests(image: Image, _query: Query) -> None:
    """Show `Manifests` without a request for it."""
    image.setdefault("Manifests", [])


def shared_size_zero(image: Image, query: Query) -> None:
    """Honour `shared-size` at every version."""
    if query.asks("shared-size") and image.get("SharedSize") == -1:
        image["SharedSize"] = 0


def never_shared_size(image: Image, query: Query) -> None:
    """Show that the shared size was not calculated, though it was asked for."""
    if query.asks("shared-size"):
        image["SharedSize"] = -1


def null_for_none(images: list[Image], _query: Query) -> list[Image] | None:
    """Show null where no image is listed."""
    return images or None


def no_digests(image: Image, query: Query) -> None:
    """Omit requested digests."""
    if query.asks("digests"):
        image.pop("RepoDigests", None)


async def inspect_other_size(query: Query, ask: Ask) -> Answer:
    """Show another `Size` in the details of an image."""
    answer = await ask(query)
    shown = answer.body.startswith(b'{"Id":') and query.path.endswith("/json")
    if query.lists or not shown:
        return answer
    return answer.showing({**answer.details, "Size": answer.details["Size"] + 1})


async def one_more_in_info(query: Query, ask: Ask) -> Answer:
    """Count one image more than there are."""
    answer = await ask(query)
    if query.path != "/info":
        return answer
    return answer.showing({**answer.details, "Images": answer.details["Images"] + 1})
