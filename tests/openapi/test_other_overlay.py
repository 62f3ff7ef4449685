"""Another implementation of Overlay renders the same documents.

openapi-format has nothing in common with oas-patch: another language, and another library for
JSONPath, which takes what RFC 9535 has, and no more.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import muster_openapi

TOOL = "openapi-format@1.33.6"
FOLDER = Path(__file__).parents[2] / "openapi"
SHAPES = {"client": "clients", "fuzz": "fuzz"}


@pytest.fixture(scope="session")
def npx() -> str:
    found = shutil.which("npx")
    if found is None:
        reason = "npx is not installed"
        if os.environ.get("MUSTER_REQUIRE_PEERS"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def apply(npx: str, source: Path, overlay: Path, result: Path) -> None:
    """Apply an overlay; the tool tells of targets that it cannot read, and goes on."""
    done = subprocess.run(
        [
            *(npx, "--yes", TOOL, source, "--overlayFile", overlay, "--output", result),
            "--no-sort",
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "rror" not in done.stdout + done.stderr


def parsed(path: Path) -> object:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


@pytest.fixture(scope="session")
def rendered(npx: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the document of each version as the other implementation has it."""
    folder = tmp_path_factory.mktemp("overlays")
    documents = {muster_openapi.OLDEST: FOLDER / f"v{muster_openapi.OLDEST}.yaml"}
    source = documents[muster_openapi.OLDEST]
    for version in muster_openapi.VERSIONS[1:]:
        result = folder / f"v{version}.yaml"
        apply(npx, source, FOLDER / "overlays" / result.name, result)
        documents[version] = source = result
    return documents


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_each_version_is_rendered_identically(version: str, rendered: dict[str, Path]) -> None:
    assert parsed(rendered[version]) == muster_openapi.document(version)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("version", ["1.23", "1.25", muster_openapi.VERSIONS[-1]])
def test_each_shape_is_rendered_identically(
    npx: str, tmp_path: Path, version: str, shape: muster_openapi.Shape, rendered: dict[str, Path]
) -> None:
    result = tmp_path / "shaped.yaml"
    overlay = tmp_path / "overlay.yaml"
    # What an action names need not be in every document, which this tool takes for a mistake.
    overlay.write_text((FOLDER / "overlays" / f"{SHAPES[shape]}.yaml").read_text())
    apply(npx, rendered[version], overlay, result)

    assert parsed(result) == muster_openapi.document(version, shape)
