"""Servers that say something else of their images at other paths."""

from __future__ import annotations

from collections import Counter
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant


class InspectsTagsOnly(Mutant):
    kills = "LIST-REFERENCES-RESOLVE"

    def image_ids(self, each: dict[str, Any]) -> set[str]:
        return set(each["RepoTags"] or ())


class DigestsDoNotResolve(Mutant):
    """kubedock, and others that know tags only."""

    kills = "LIST-REFERENCES-RESOLVE"

    def image_ids(self, each: dict[str, Any]) -> set[str]:
        return super().image_ids(each) - {*(each["RepoDigests"] or ())}


class FirstImageAnswersForAll(Mutant):
    """docker-mock, which has one image to inspect."""

    kills = "LIST-REFERENCES-RESOLVE"
    also = frozenset({"LIST-INSPECT-SAME"})

    def inspected(self, name: str) -> Response:
        return self.json(self.details(self.images[0]))


class LocalNamesDoNotResolve(Mutant):
    """podman#15306, where localhost/ is left out."""

    kills = "LIST-REFERENCES-RESOLVE"

    def inspected(self, name: str) -> Response:
        return super().inspected(name.removeprefix("localhost:5000/"))


class InspectShowsNoLabels(Mutant):
    """podman#5882."""

    kills = "LIST-INSPECT-SAME"

    def details(self, each: dict[str, Any]) -> dict[str, Any]:
        return super().details(each) | {"Config": {"Labels": None}}


class InspectShowsAnotherDate(Mutant):
    """moby#45599, with the containerd store: the time of the pull."""

    kills = "LIST-INSPECT-SAME"

    def details(self, each: dict[str, Any]) -> dict[str, Any]:
        return super().details(each) | {"Created": "2023-11-14T22:13:20Z"}


class InspectShowsOneTag(Mutant):
    kills = "LIST-INSPECT-SAME"

    def details(self, each: dict[str, Any]) -> dict[str, Any]:
        return super().details(each) | {"RepoTags": (each["RepoTags"] or [])[:1]}


class InspectShowsAnotherSize(Mutant):
    kills = "LIST-INSPECT-SAME"

    def details(self, each: dict[str, Any]) -> dict[str, Any]:
        return super().details(each) | {"Size": each["Size"] // 2}


class InfoCountsThePlainListing(Mutant):
    kills = "LIST-INFO-COUNT"

    def info(self) -> dict[str, Any]:
        return {"Images": sum(not self.has_children(each) for each in self.images)}


class InfoCountsTags(Mutant):
    """Servers that keep a row for each name."""

    kills = "LIST-INFO-COUNT"

    def info(self) -> dict[str, Any]:
        names = Counter(tag for each in self.images for tag in each["RepoTags"] or ())
        return {"Images": names.total()}
