"""The tool renders documents that follow from the base and the overlays."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import oas_patch
import pytest
import yaml

import muster_openapi
from tools import openapi_documents as tool

ROOT = Path(__file__).parents[2]
CHANGED = [
    *("1.24", "1.25", "1.41", "1.42", "1.43", "1.44", "1.47", "1.48", "1.49", "1.50"),
    *("1.51", "1.52", "1.53", "1.54", "1.55"),
]
OVERLAYS: dict[str, dict[str, Any]] = tool.overlays(ROOT / "openapi") | {
    name: tool.load(ROOT / "openapi" / "overlays" / f"{name}.yaml") for name in ("clients", "fuzz")
}
ACTIONS = [
    pytest.param(name, index, id=f"{name}-{index}")
    for name, overlay in OVERLAYS.items()
    for index in range(len(overlay["actions"]))
]


@pytest.fixture(scope="session")
def wanted() -> dict[Path, str]:
    """Render the expected files, once, as that takes seconds."""
    files: dict[Path, str] = tool.files(ROOT / "openapi")
    return files


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: dict[Path, str]) -> Path:
    """Copy the contract's folder for the tool to work on."""
    folder = tmp_path / "openapi"
    shutil.copytree(ROOT / "openapi", folder)
    monkeypatch.setattr(tool, "FOLDER", folder)
    monkeypatch.setattr(tool, "files", lambda _: wanted)
    return folder


def test_each_version_with_changes_has_an_overlay() -> None:
    assert list(tool.overlays(ROOT / "openapi")) == CHANGED
    assert list(muster_openapi.VERSIONS) == ["1.23", *CHANGED]


def test_the_rendered_documents_are_up_to_date(wanted: dict[Path, str]) -> None:
    # The base is written by hand in one of six.
    assert len(wanted) == 6 * (len(CHANGED) + 1) - 1
    assert tool.drift(wanted, ROOT / "openapi") == []


@pytest.mark.parametrize("name", ["rendered/v1.24.yaml", "rendered/3.1/clients/v1.54.yaml"])
@pytest.mark.parametrize("fault", ["edited", "missing"])
def test_drift_is_found_and_fixed(
    copied: Path, capsys: pytest.CaptureFixture[str], name: str, fault: str
) -> None:
    path = copied / name
    text = path.read_text(encoding="utf-8")
    if fault == "edited":
        path.write_text(text.replace("List Images", "List images"), encoding="utf-8")
    else:
        path.unlink()

    assert tool.main(["--check"]) == 1
    assert capsys.readouterr().err == f"out of date: {name}\n"
    assert tool.main([]) == 0
    assert path.read_text(encoding="utf-8") == text
    assert tool.main(["--check"]) == 0


def test_stray_files_are_found_and_removed(copied: Path) -> None:
    stray = copied / "rendered" / "v1.99.yaml"
    stray.write_text("openapi: 3.0.3\n", encoding="utf-8")

    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    assert not stray.exists()


def test_a_changed_overlay_changes_its_version_and_later_ones() -> None:
    base = {"a": {"minimum": -1}}
    raised = {"actions": [{"target": "$.a", "update": {"minimum": 0}}]}
    named = {"actions": [{"target": "$.a", "update": {"title": "A"}}]}

    assert tool.render(base, {"1.24": named, "1.25": raised}) == {
        "1.23": {"a": {"minimum": -1}},
        "1.24": {"a": {"minimum": -1, "title": "A"}},
        "1.25": {"a": {"minimum": 0, "title": "A"}},
    }


def test_an_action_that_matches_nothing_is_refused() -> None:
    overlay = {"actions": [{"target": "$.properties.SharedSise", "update": {"minimum": 0}}]}

    with pytest.raises(tool.NothingMatched, match=r"overlay v1\.42: nothing at .*SharedSise"):
        tool.render({"properties": {"SharedSize": {}}}, {"1.42": overlay})


def test_an_action_for_all_versions_must_match_somewhere() -> None:
    documents = {"1.23": {"a": 1, "b": 1}, "1.24": {"a": 1}}
    everywhere, somewhere, nowhere = ({"target": f"$.{key}", "remove": True} for key in "abc")

    info = {"title": "Fit"}

    assert tool.shaped(documents, {"info": info, "actions": [everywhere, somewhere]}) == {
        "1.23": {},
        "1.24": {},
    }
    with pytest.raises(tool.NothingMatched, match=r"overlay 'Fit': nothing at \$\.c$"):
        tool.shaped(documents, {"info": info, "actions": [everywhere, nowhere]})


def test_targets_are_resolved_when_their_action_is_applied() -> None:
    document = {"a": {"b": 1}}
    overlay = {
        "actions": [
            {"target": "$.a.b", "remove": True},
            {"target": "$.a.b", "remove": True},
            {"target": "$.a", "update": {"c": {"d": 1}}},
            {"target": "$.a.c", "update": {"d": 2}},
        ]
    }

    assert tool.unmatched(document, overlay) == ["$.a.b"]
    assert document == {"a": {"c": {"d": 2}}}
    assert overlay["actions"][2]["update"] == {"c": {"d": 1}}


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_valid(name: str) -> None:
    assert OVERLAYS[name]["overlay"] == "1.1.0"
    assert yaml.safe_load(oas_patch.validate(OVERLAYS[name], "yaml"))["errors"] == []


@pytest.mark.parametrize(("name", "index"), ACTIONS)
def test_an_action_describes_its_reason(name: str, index: int) -> None:
    action = OVERLAYS[name]["actions"][index]
    description = " ".join(action["description"].split())

    assert ("update" in action) != ("remove" in action)
    if name in {"clients", "fuzz"}:
        assert re.fullmatch(r"[A-Z].+\.", description)
    else:
        source = r"\[(docs: |moby |seen: |Muster)[^\]]*\]"
        assert re.fullmatch(rf"[A-Z`].+\. {source}", description), description


def test_the_tool_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.openapi_documents", "--check"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
