"""Servers that show an image with members of another type, form or value."""

from __future__ import annotations

import json
from typing import Any

from muster.model.exchange import Response

from .mutant import Mutant
from .stand_in import NONE_DIGEST, NONE_TAG


class Shows(Mutant):
    """Changes the rendering of each image."""

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return shown | self.otherwise(shown)

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class CreatedIsAFloat(Shows):
    """Servers that divide milliseconds."""

    kills = "LIST-SCHEMA"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Created": float(shown["Created"])}


class SizeIsAFloat(Shows):
    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-INSPECT-SAME"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Size": shown["Size"] * 1.0}


class SizeIsText(Shows):
    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-INSPECT-SAME"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Size": str(shown["Size"])}


class SizeIsMissing(Shows):
    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-INSPECT-SAME"})
    version = "1.44"

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        del shown["Size"]
        return shown

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {}


class IdIsANumber(Shows):
    """moby#9602, in 1.3, where an Id had digits only."""

    kills = "LIST-ANSWER"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Id": 1234567890}


class ParentIdIsNull(Shows):
    kills = "LIST-SCHEMA"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"ParentId": shown["ParentId"] or None}


class ShortIds(Shows):
    """Uses the format of command-line output."""

    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-ALL-INTERMEDIATE", "LIST-DANGLING-TRUE", "LIST-REFERENCES-RESOLVE"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Id": shown["Id"].removeprefix("sha256:")[:12]}


class UpperCaseIds(Shows):
    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-ALL-INTERMEDIATE", "LIST-DANGLING-TRUE", "LIST-REFERENCES-RESOLVE"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Id": "sha256:" + shown["Id"].removeprefix("sha256:").upper()}


class TagsWithoutColon(Shows):
    """sdc-docker, and others that leave out latest."""

    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-INSPECT-SAME"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        tags = shown["RepoTags"] or []
        return {"RepoTags": [tag.removesuffix(":latest") for tag in tags] or None}


class DigestAmongTags(Shows):
    """moby#43862, with the containerd store; podman 4.3."""

    kills = "LIST-SCHEMA"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"RepoTags": shown["RepoTags"] or shown["RepoDigests"]}


class TagsAreOneText(Shows):
    kills = "LIST-SCHEMA"
    also = frozenset(
        {"LIST-DANGLING-FALSE", "LIST-DANGLING-TRUE", "LIST-INSPECT-SAME", "LIST-PLACEHOLDER"}
    )

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"RepoTags": ",".join(shown["RepoTags"] or [])}


class UntaggedHasNoRepoTags(Mutant):
    """moby PR 44840, with the containerd store."""

    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-PLACEHOLDER"})

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        if not each["RepoTags"]:
            del shown["RepoTags"]
        return shown


class LabelsAreAList(Shows):
    """podman before 2.0, and others that keep KEY=VALUE."""

    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-INSPECT-SAME"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Labels": [f"{k}={v}" for k, v in (shown["Labels"] or {}).items()]}


class LabelValuesAreConverted(Shows):
    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-INSPECT-SAME"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        labels = shown["Labels"] or {}
        return {"Labels": {k: int(v) if v.isdigit() else v for k, v in labels.items()}}


class LabelsMissing(Mutant):
    """moby#43852, with the containerd store; podman#5882."""

    kills = "LIST-SCHEMA"
    also = frozenset({"LIST-INSPECT-SAME"})

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        del shown["Labels"]
        return shown


class MemberNamesInLowerCase(Mutant):
    """Servers whose encoder renames members."""

    kills = "LIST-SCHEMA"
    also = frozenset(
        {"LIST-ALL-INTERMEDIATE", "LIST-DIGESTS-SHOWN", "LIST-INSPECT-SAME", "LIST-SAME-FIELDS"}
    )

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters)
        return {name if name in {"Id", "Created"} else name.lower(): shown[name] for name in shown}


class MemberTwice(Mutant):
    kills = "LIST-MEMBERS-UNIQUE"

    def json(self, value: Any) -> Response:
        answer = super().json(value)
        text = answer.body.replace(b'"Created":', b'"Created": 1, "Created":')
        return Response(answer.status, answer.headers, text)


class VirtualSizeIsZero(Shows):
    """Servers that never heard of it."""

    kills = "LIST-VIRTUAL-SIZE"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"VirtualSize": 0}


class VirtualSizeDiffers(Shows):
    """moby#43862, with the containerd store."""

    kills = "LIST-VIRTUAL-SIZE-EQUAL"
    version = "1.24"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"VirtualSize": shown["Size"] + 1}


class ParentIsNotThere(Mutant):
    """Images whose parent stayed at the machine that built them."""

    kills = "LIST-PARENT"

    def __init__(self, version: str = "1.23") -> None:
        super().__init__(version)
        self.images[0]["ParentId"] = "sha256:" + "f" * 64


class TagsInReverse(Shows):
    kills = "LIST-TAGS-SORTED"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"RepoTags": shown["RepoTags"] and shown["RepoTags"][::-1]}


class HalfAPairOfPlaceholders(Shows):
    """Servers that show only <none>:<none>; clients hide such images."""

    kills = "LIST-PLACEHOLDER"

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        digests = shown["RepoDigests"]
        return {"RepoDigests": None if digests == [NONE_DIGEST] else digests}


class PlaceholderTwice(Shows):
    """moby PR 11464, there in a client."""

    kills = "LIST-PLACEHOLDER"
    also = frozenset({"LIST-SCHEMA"})

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        tags = shown["RepoTags"]
        return {"RepoTags": [NONE_TAG] * 2 if tags == [NONE_TAG] else tags}


class NoLabelsAreAnObject(Shows):
    """containerd's store, from Docker 25 on."""

    kills = "LIST-LABELS-NONE"
    also = frozenset()

    def otherwise(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {"Labels": shown["Labels"] or {}}


class NullAmongImages(Mutant):
    kills = "LIST-ANSWER"

    def ordered(self, images: list[dict[str, Any]]) -> Any:
        return [*super().ordered(images), None]


class WritesUtf16(Mutant):
    kills = "LIST-ANSWER"

    def json(self, value: Any) -> Response:
        answer = super().json(value)
        return Response(answer.status, answer.headers, json.dumps(value).encode("utf-16"))


class BeginsWithAByteOrderMark(Mutant):
    kills = "LIST-ANSWER"

    def json(self, value: Any) -> Response:
        answer = super().json(value)
        return Response(answer.status, answer.headers, b"\xef\xbb\xbf" + answer.body)


class OneObjectALine(Mutant):
    """podman's command line, and streams of JSON; vscode-docker#3812."""

    kills = "LIST-ANSWER"

    def json(self, value: Any) -> Response:
        if not isinstance(value, list):
            return super().json(value)
        lines = "\n".join(json.dumps(each) for each in value)
        return Response(200, {"content-type": "application/json"}, lines.encode())
