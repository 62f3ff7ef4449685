import json

import pytest
import yaml

import muster_openapi
from muster_openapi import UnknownVersion


def test_versions_start_with_the_seeds_and_rise_numerically() -> None:
    numbers = [tuple(map(int, version.split("."))) for version in muster_openapi.VERSIONS]

    assert muster_openapi.VERSIONS[0] == "1.23"
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_a_document_describes_its_own_version(version: str) -> None:
    assert muster_openapi.document_version(version) == version
    assert muster_openapi.document(version)["info"]["version"] == version


def test_a_version_without_a_document_is_described_by_the_nearest_older_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(muster_openapi, "VERSIONS", ("1.9", "1.23", "1.100"))

    assert muster_openapi.document_version("1.22") == "1.9"
    assert muster_openapi.document_version("1.99") == "1.23"
    assert muster_openapi.document_version("2.0") == "1.100"


def test_a_version_older_than_every_document_is_unknown() -> None:
    with pytest.raises(UnknownVersion, match=r"1\.22 is too old; the oldest .* is 1\.23"):
        muster_openapi.document("1.22")


@pytest.mark.parametrize("version", ["", "1", "v1.23", "1.23.0", "1.x", "1.23\n", "1.٣"])
def test_an_invalid_version_is_unknown(version: str) -> None:
    with pytest.raises(UnknownVersion, match="is not an API version"):
        muster_openapi.text(version)


def test_unknown_version_is_a_value_error() -> None:
    assert issubclass(UnknownVersion, ValueError)


def test_each_call_returns_a_new_document() -> None:
    muster_openapi.document("1.23").clear()

    assert muster_openapi.document("1.23")["openapi"] == "3.0.3"


def test_the_text_is_the_file_as_written() -> None:
    lines = muster_openapi.text("1.23").splitlines()

    assert lines[0] == "openapi: 3.0.3"
    assert any(line.lstrip().startswith("#") for line in lines)


def test_a_rendered_document_names_its_origin() -> None:
    text = muster_openapi.text("1.30")

    assert text == muster_openapi.text("1.25")
    assert text.startswith("# Written by `make openapi`")


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
@pytest.mark.parametrize("shape", ["served", "client", "fuzz"])
def test_json_and_yaml_are_equivalent(version: str, shape: muster_openapi.Shape) -> None:
    document = muster_openapi.document(version, shape)

    assert json.loads(muster_openapi.text(version, shape, "json")) == document
    assert yaml.safe_load(muster_openapi.text(version, shape, "yaml")) == document


def test_json_does_not_escape_letters() -> None:
    text = muster_openapi.text("1.23", form="json")

    assert text.endswith("}\n")
    assert "\\u" not in text


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_the_shapes_differ_but_have_the_same_version(version: str) -> None:
    served, client = (muster_openapi.document(version, shape) for shape in ("served", "client"))

    assert served != client
    assert served["info"]["version"] == client["info"]["version"] == version


def test_the_newest_version_is_described_by_the_newest_document() -> None:
    assert muster_openapi.document_version(muster_openapi.NEWEST) == muster_openapi.VERSIONS[-1]
    assert muster_openapi.OLDEST == "1.23"
