"""The client generator tool detects faults; `make clients` runs the clients themselves."""

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

import muster_openapi
from tools import client_servers
from tools import generated_clients as tool

ROOT = Path(__file__).parents[2]

IMAGE = {
    "Id": "sha256:1",
    "RepoTags": None,
    "RepoDigests": None,
    "Created": 1,
    "Size": client_servers.BIG,
    "VirtualSize": client_servers.BIG,
    "Labels": None,
}
LISTED = [IMAGE | {"RepoTags": [], "RepoDigests": [], "Labels": {}}]
WANTED = {"plain": LISTED, "error": {"status": 400, "message": "Invalid filter 'nosuch'"}}


def printed(image: dict[str, Any], **error: Any) -> str:
    told = {"step": "error"} | WANTED["error"] | error
    return "\n".join(map(json.dumps, [{"step": "plain", "images": [image]}, told]))


@pytest.mark.parametrize("changes", [{}, {"Labels": {}}, {"RepoTags": [], "RepoDigests": []}])
def test_null_and_an_empty_list_are_equivalent(changes: dict[str, Any]) -> None:
    tool.compare(printed(IMAGE | changes), WANTED)


@pytest.mark.parametrize(
    "changes",
    [
        {"Id": "sha256:2"},
        {"RepoTags": ["ubuntu:12.04"]},
        {"RepoDigests": ["ubuntu@sha256:1"]},
        {"Created": 0},
        {"Size": client_servers.BIG % 2**32},
        {"Size": float(client_servers.BIG) + 0.5},
        {"VirtualSize": 0},
        {"Labels": {"a": "b"}},
    ],
)
def test_a_wrong_field_is_detected(changes: dict[str, Any]) -> None:
    with pytest.raises(tool.Failed, match="step plain"):
        tool.compare(printed(IMAGE | changes), WANTED)


@pytest.mark.parametrize("changes", [{"status": 500}, {"message": ""}, {"message": "400"}])
def test_a_wrong_error_is_detected(changes: dict[str, Any]) -> None:
    with pytest.raises(tool.Failed, match="step error"):
        tool.compare(printed(IMAGE, **changes), WANTED)


def test_a_missing_step_is_detected() -> None:
    with pytest.raises(tool.Failed, match=r"it printed the steps plain$"):
        tool.compare(printed(IMAGE).splitlines()[0], WANTED)


def test_missing_tools_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool.shutil, "which", lambda name: None if name in {"go", "mvn"} else name)

    assert tool.main([]) == 2
    assert capsys.readouterr().err == "not installed: Go: go; Java: mvn\n"


def test_a_failing_command_is_reported_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(tool.Failed, match=r"ended with 3:\n\s*no luck"):
        tool.run(["sh", "-c", "echo no luck >&2; exit 3"], tmp_path, 10, {})


def test_a_hanging_command_is_terminated(tmp_path: Path) -> None:
    with pytest.raises(tool.Failed, match="sleep took more than 0 s"):
        tool.run(["sleep", "60"], tmp_path, 0.1, {})


@pytest.mark.parametrize("language", tool.LANGUAGES, ids=lambda language: str(language.folder))
def test_every_client_program_sends_the_expected_requests(language: Any) -> None:
    folder = ROOT / "tests" / "clients" / language.folder
    [program] = [
        path
        for path in folder.rglob("*")
        if path.suffix in {".py", ".ts", ".go", ".java", ".rs", ".rb"}
    ]
    text = program.read_text("utf-8")
    # Line breaks within texts, and the ways of quoting, differ; Rust's raw texts begin with r#.
    joined = re.sub(r"""["'`]\s*(?:\+|,|\\)?\s*["'`]""", "", text.replace("r#", ""))

    for step in (*tool.STEPS, "inspect", "error"):
        assert re.search(rf"\b{step}\b", text), step
    assert tool.NAMED in text
    for query in (*tool.STEPS.values(), tool.ERROR):
        for value in query.values():
            asked = re.sub(r"\W+", "", value)
            assert asked in re.sub(r"\W+", "", joined), asked


def test_the_readme_has_a_row_for_every_language() -> None:
    text = tool.README.read_text(encoding="utf-8")
    table = text.partition(tool._BEGIN)[2].partition(tool._END)[0]  # noqa: SLF001
    works = dict.fromkeys(("musterd", "dockerd"), "works")

    assert len(tool.LANGUAGES) >= 8
    assert table.strip() == tool.table({each.folder: works for each in tool.LANGUAGES}).strip()


@pytest.mark.parametrize("language", tool.LANGUAGES, ids=lambda language: str(language.folder))
def test_the_readme_has_generation_commands_with_versions(language: Any) -> None:
    told = tool.commands(language.generator)
    installed = (tool.PROGRAMS / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert tool.DOCUMENT in told[-1]
    for requirement in re.findall(r"pip install (\S+)", told[0]):
        assert requirement in installed
    assert re.search(r"[@=]\d+\.\d+\.\d+", "".join(told))


def test_a_generator_without_commands_is_detected() -> None:
    with pytest.raises(tool.Failed, match="no commands under the heading nosuch"):
        tool.commands("nosuch")


@pytest.mark.parametrize("version", [tool.VERSION, tool.NEWEST])
def test_the_tool_uses_the_client_documents(version: str) -> None:
    text = (tool.DOCUMENTS / f"v{version}.yaml").read_text("utf-8")

    assert text == muster_openapi.text(version, "client")


def test_clients_are_generated_for_the_oldest_and_newest_version() -> None:
    assert (muster_openapi.OLDEST, muster_openapi.VERSIONS[-1]) == (tool.VERSION, tool.NEWEST)


def test_the_added_archive_has_a_big_image_without_a_big_file() -> None:
    content = client_servers.archive()

    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        layer = tar.extractfile("big/layer.tar")
        assert layer is not None
        with tarfile.open(fileobj=layer) as inner:
            [link] = inner.getmembers()
    assert link.size == client_servers.BIG > 2**32
    assert len(content) < 100_000


def test_the_added_archive_has_images_missing_only_one_label() -> None:
    with tarfile.open(fileobj=io.BytesIO(client_servers.archive())) as tar:
        manifest = json.load(tar.extractfile("manifest.json") or io.BytesIO())
        labels = [
            json.load(tar.extractfile(each["Config"]) or io.BytesIO())["config"]["Labels"]
            for each in manifest
        ]

    odd, stage = client_servers.ODD, client_servers.STAGE
    assert labels == [None, odd | stage, stage, odd]
