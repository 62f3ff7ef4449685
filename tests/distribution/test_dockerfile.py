"""The Dockerfile. No image is built: that would need a registry."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.missing import missing

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PARTS = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)[1:]
# The instructions of each stage by its name, and the bases of the stages in their order.
STAGES = dict(zip(PARTS[1::3], PARTS[2::3], strict=True))
BASES = PARTS[0::3]
SECONDS = 240


def test_hadolint_accepts_the_dockerfile(tmp_path: Path) -> None:
    install = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--require-hashes", "--only-binary", ":all:"),
        *("--requirement", HERE / "hadolint.txt", "--target", tmp_path),
    ]
    installed = subprocess.run(
        install, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if installed.returncode:
        reason = next(iter(installed.stderr.splitlines()), installed.returncode)
        missing(f"hadolint cannot be installed: {reason}")
    done = subprocess.run(
        [tmp_path / "bin" / "hadolint", "--strict-labels", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout


def test_the_base_image_has_a_pinned_version() -> None:
    foreign = [base for base in BASES if base not in STAGES]
    assert foreign
    assert all(re.fullmatch(r"python:\d+\.\d+-slim-\w+", base) for base in foreign)


def test_the_container_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (\S+)", STAGES["both"], re.MULTILINE) == ["65534:65534"]
    for name in ("muster", "musterd"):
        assert BASES[list(STAGES).index(name)] == "both"
        assert "USER" not in STAGES[name]


def test_the_default_target_is_the_suite() -> None:
    assert list(STAGES)[-1] == "muster"


@pytest.mark.parametrize("name", ["muster", "musterd"])
def test_a_stage_runs_the_documented_command(name: str) -> None:
    entry, command = (
        json.loads(re.search(rf"^{kind} (.*)$", STAGES[name], re.MULTILINE)[1])  # type: ignore[index]
        for kind in ("ENTRYPOINT", "CMD")
    )
    assert entry == [name]
    done = subprocess.run(
        [Path(sys.executable).with_name(name), *command[:1], "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    assert set(filter(lambda word: word.startswith("--"), command)) <= set(done.stdout.split())


def test_the_health_check_uses_the_port_of_the_server() -> None:
    ports = set(re.findall(r":(\d{4})\b", STAGES["musterd"]))
    assert ports == {"2375"}
    assert "EXPOSE 2375\n" in STAGES["musterd"]


def test_compose_builds_both_and_waits_for_the_health_check() -> None:
    services = yaml.safe_load((ROOT / "docs" / "examples" / "compose.yaml").read_text())["services"]
    assert {each["build"]["target"] for each in services.values()} == {"muster", "musterd"}
    assert services["check"]["depends_on"]["images"]["condition"] == "service_healthy"


def test_the_build_context_contains_all_sources() -> None:
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert allowed == {"LICENSE", "README.md", "pyproject.toml", "conformance", "openapi", "server"}
    assert all((ROOT / name).exists() for name in allowed)
