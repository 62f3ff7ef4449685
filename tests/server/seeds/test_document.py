import jsonschema
import pytest

from musterd.errors import SeedError
from musterd.seeds import document
from musterd.seeds.description import describe


def test_a_file_describes_images() -> None:
    text = """
images:
  - name: base:1
    size: 5MB
    created: 2024-01-01
    labels: {stage: "test"}
  - names: [app:1, app:latest]
    parent: base:1
    digest: true
    platform: linux/arm64
    config: {Cmd: [sh]}
  - name: app:2
    platforms: [linux/amd64, linux/arm64]
  - {}
"""
    assert document.parse(text, "seed.yaml") == [
        describe(
            "base:1",
            size="5MB",
            created="2024-01-01",
            labels={"stage": "test"},
            origin="seed.yaml:3",
        ),
        describe(
            "app:1",
            "app:latest",
            parent="base:1",
            digest=True,
            platform="linux/arm64",
            config={"Cmd": ["sh"]},
            origin="seed.yaml:7",
        ),
        describe("app:2", platforms=["linux/amd64", "linux/arm64"], origin="seed.yaml:12"),
        describe(origin="seed.yaml:14"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: it must be a map with the key images, not null"),
        ("- a", '1: it must be a map with the key images, not ["a"]'),
        ("{}", "1: the key 'images' is missing"),
        ("images: 5", "1: 'images' must be a list of images, each after its parent, not 5"),
        ("images: []\nx: 1", "2: unknown key 'x'; known are images"),
        ("images:\n- 5", "2: it must be an image, such as {name: app:1}, not 5"),
        ("images:\n- name: a\n  tag: {}", "3: unknown key 'tag'; known are name, names, "),
        ("images:\n- labels:\n    a: 1", "3: 'a' must be a text; put it in quotes, not 1"),
        ("images:\n- name: 1.0", "2: 'name' must be a name, such as app:1, not 1.0"),
        ("images:\n- names: [a,\n  1]", "3: it must be a name, such as app:1, not 1"),
        ("images:\n- name: a\n  names: [b]", "3: there is 'name' as well as 'names'"),
        ("images:\n- name: a\n\n  size: -1", "4: 'size' must be a size, such as 5MB"),
        ("images:\n- name: a\n  platforms:\n  - x", "3: 'x' is not a platform"),
        ("images:\n- name: a\n  size: 5XB", "3: '5XB' is not a size"),
        ("images:\n- name: a\n  created: 2024-13-01", "3: '2024-13-01' is not a date"),
        ("images:\n- size: 5\n  name: A", "3: 'A' is not an image name"),
        ("images:\n- size: 5\n  names: [b, A]", "3: 'A' is not an image name"),
        ("images:\n- size: 5\n  digest: true", "3: an image with a digest needs a name"),
        ("images:\n- {}\n- &a {}\n- *a", "4: aliases are not supported"),
        (f"images: {'x' * 100}", f"not {chr(34)}{'x' * 56}..."),
        ("images: 5\nx: 1", "1: 'images' must be"),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_reason(text: str, message: str) -> None:
    with pytest.raises(SeedError) as no:
        document.parse(text, "seed.yaml")
    assert str(no.value).startswith("seed.yaml:")
    assert message in str(no.value)
    assert "\n" not in str(no.value)


def test_the_schema_is_valid_and_describes_every_property() -> None:
    schema = document.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert all(each["description"] for each in schema["$defs"]["image"]["properties"].values())
    assert schema is not document.schema()
