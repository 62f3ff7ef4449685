"""Each document is consistent; each check is also tested on a planted fault."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

import muster_openapi

# Members that hold data, not parts of the document; and those whose keys are names, not members.
DATA = {"default", "enum", "example", "examples", "servers"}
MAPS = {"properties", "responses"}
PLATFORM = {"$ref": "#/components/schemas/Platform"}
ANY_FILTERS = {"$ref": "#/components/schemas/AnyFilters"}


def escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def objects(value: Any, pointer: str = "", *, names: bool = False) -> Iterator[tuple[str, Any]]:
    """Every object of the document that is not data, with its JSON pointer."""
    if isinstance(value, dict):
        if not names:
            yield pointer, value
        for key, member in value.items():
            if names or key not in DATA:
                yield from objects(member, f"{pointer}/{escaped(key)}", names=key in MAPS)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from objects(member, f"{pointer}/{index}")


def at(document: dict[str, Any], pointer: str) -> Any:
    value: Any = document
    for key in pointer.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901
        value = value[int(key) if isinstance(value, list) else key]
    return value


def put(document: dict[str, Any], pointer: str, value: Any) -> None:
    parent, _, key = pointer.rpartition("/")
    at(document, parent)[key] = value


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def illustrations(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every example and default, with the pointer of the schema that it must fit."""
    for pointer, node in objects(document):
        schema = f"{pointer}/schema" if "schema" in node else pointer
        for member in ("example", "default"):
            if member in node:
                yield schema, node[member]
        for example in node.get("examples", {}).values() if "schema" in node else ():
            found = (
                at(document, example["$ref"].removeprefix("#")) if "$ref" in example else example
            )
            yield schema, found["value"]


def unfit(document: dict[str, Any], errors: Any) -> list[str]:
    return [
        pointer for pointer, value in illustrations(document) if errors(document, pointer, value)
    ]


def undeclared(document: dict[str, Any]) -> list[str]:
    """Names that an object schema requires without describing them."""
    return [
        f"{pointer}: {name}"
        for pointer, node in objects(document)
        if isinstance(node.get("required"), list)
        for name in node["required"]
        if name not in node.get("properties", {})
    ]


def unresolved(document: dict[str, Any]) -> list[str]:
    found = []
    for reference in references(document):
        try:
            at(document, reference.removeprefix("#"))
        except (KeyError, IndexError, TypeError):
            found.append(reference)
    return found


def unused(document: dict[str, Any]) -> list[str]:
    components = {
        f"#/components/{kind}/{escaped(name)}"
        for kind, group in document["components"].items()
        for name in group
    }
    schemes = {
        f"#/components/securitySchemes/{name}"
        for requirement in document["security"]
        for name in requirement
    }
    return sorted(components - set(references(document)) - schemes)


def rules(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the name, the text and the source of every rule."""
    return [
        (match["name"], match["text"], match["source"])
        for _, node in objects(document)
        for match in re.finditer(
            r"^- \*\*`(?P<name>[a-z.-]+)`\*\*(?P<text>.*?)\n  \[(?P<source>[^\]]+)\]$",
            node["description"] if isinstance(node.get("description"), str) else "",
            re.DOTALL | re.MULTILINE,
        )
    ]


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []


def test_the_document_is_openapi_3_0_3(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.0.3"


def test_every_example_and_default_fits_its_schema(document: dict[str, Any], errors: Any) -> None:
    assert unfit(document, errors) == []


@pytest.mark.parametrize(
    ("place", "value", "schema"),
    [
        pytest.param(
            "/components/parameters/all/examples/one/value",
            1,
            "/components/parameters/all/schema",
            id="a parameter's example",
        ),
        pytest.param(
            "/components/parameters/filters/schema/default",
            {},
            "/components/parameters/filters/schema",
            id="a parameter's default",
        ),
        pytest.param(
            "/components/headers/Api-Version/example",
            1.23,
            "/components/headers/Api-Version/schema",
            id="a header's example",
        ),
        pytest.param(
            "/components/responses/BadRequest/content/application~1json/example",
            {"error": "no"},
            "/components/responses/BadRequest/content/application~1json/schema",
            id="a body's example",
        ),
        pytest.param(
            "/components/examples/seed_all/value",
            [{}],
            "/paths/~1images~1json/get/responses/200/content/application~1json/schema",
            id="a body's named example",
        ),
        pytest.param(
            "/components/schemas/ImageSummary/example",
            None,
            "/components/schemas/ImageSummary",
            id="a schema's example",
        ),
        pytest.param(
            "/components/schemas/ImageSummary/properties/Created/default",
            "now",
            "/components/schemas/ImageSummary/properties/Created",
            id="a field's default",
        ),
        pytest.param(
            "/components/schemas/ImageSummary/properties/RepoTags/items/example",
            "ubuntu",
            "/components/schemas/ImageSummary/properties/RepoTags/items",
            id="an item's example",
        ),
    ],
)
def test_an_example_or_default_that_does_not_fit_is_found(
    place: str, value: Any, schema: str, errors: Any
) -> None:
    document = muster_openapi.document("1.23")
    put(document, place, value)

    assert unfit(document, errors) == [schema]


def test_every_required_field_is_described(document: dict[str, Any]) -> None:
    assert undeclared(document) == []


def test_a_required_field_without_description_is_found() -> None:
    document = muster_openapi.document("1.23")
    at(document, "/components/schemas/ImageSummary/required").append("Sise")

    assert undeclared(document) == ["/components/schemas/ImageSummary: Sise"]


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    assert unresolved(document) == []


def test_a_reference_to_nothing_is_found() -> None:
    document = muster_openapi.document("1.23")
    put(document, "/components/schemas/Version", {"$ref": "#/components/schemas/Vision"})

    assert unresolved(document) == ["#/components/schemas/Vision"]


def test_every_component_is_used(document: dict[str, Any]) -> None:
    assert unused(document) == []


def test_an_unused_component_is_found() -> None:
    document = muster_openapi.document("1.23")
    put(document, "/components/schemas/Spare", {"type": "string"})

    assert unused(document) == ["#/components/schemas/Spare"]


def test_an_unused_security_scheme_is_found() -> None:
    document = muster_openapi.document("1.23")
    put(document, "/components/securitySchemes/Spare", {"type": "http", "scheme": "basic"})

    assert unused(document) == ["#/components/securitySchemes/Spare"]


def test_every_rule_has_a_unique_name(document: dict[str, Any]) -> None:
    names = Counter(name for name, _, _ in rules(document))

    assert "all.any-other-text" in names
    assert [name for name, count in names.items() if count > 1] == []


def test_every_rule_cites_its_source(document: dict[str, Any]) -> None:
    bold = [
        name
        for _, node in objects(document)
        if isinstance(node.get("description"), str)
        for name in re.findall(r"\*\*`(.+?)`", node["description"])
    ]

    assert [name for name, _, _ in rules(document)] == bold
    for name, _, source in rules(document):
        known = r"seed: |hyper: |docs: |moby (v|main of |pull request )|hypercli|seen: |Muster"
        assert re.match(known, source), name


def test_quotations_of_the_seed_are_verbatim(document: dict[str, Any], data: Path) -> None:
    seed = " ".join((data / "seed.txt").read_text(encoding="utf-8").split())
    quotations = [
        " ".join(quotation.split())
        for _, text, source in rules(document)
        if "seed" in source
        for quotation in re.findall(r'"([^"]+)"', re.sub("`[^`]+`", "", text + source))
    ]

    assert "dangling=true" in quotations or "label=key" in quotations
    assert [quotation for quotation in quotations if quotation.rstrip(".") not in seed] == []


def test_no_part_looks_like_a_template(document: dict[str, Any]) -> None:
    text = muster_openapi.text(document["info"]["version"])

    # Connexion and others send files through Jinja.
    assert re.findall(r"\{\{|\{%|\{#", text) == []


def test_query_parameters_have_no_defaults_and_no_constraints(
    document: dict[str, Any],
) -> None:
    parameters = document["components"]["parameters"]

    assert parameters.pop("filters")["schema"] == {
        "type": "string",
        "format": "docker-filters",
        "x-content-schema": {"$ref": "#/components/schemas/Filters"},
    }
    assert parameters.pop("name")["schema"] == {"type": "string", "format": "path"}
    for parameter in parameters.values():
        schema = parameter["schema"]
        if schema["type"] == "array":
            # How many there may be is all that is checked.
            assert schema.keys() - {"maxItems"} == {"type", "items"}
            schema = schema["items"]
        content = schema.pop("x-content-schema", PLATFORM)
        if "docker-filters" in schema.values():
            assert (schema.pop("format"), content) == ("docker-filters", ANY_FILTERS)
        else:
            assert content == PLATFORM
        assert schema == {"type": "string"}
