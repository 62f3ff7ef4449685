"""The driver of generated control clients detects faults; `make clients` runs it."""

import json
import re
from typing import Any

import pytest
import yaml

from tools import control_clients as tool
from tools.client_languages import Language

LANGUAGES = pytest.mark.parametrize("language", tool.DRIVING, ids=lambda each: str(each.folder))


def printed(*changed: dict[str, Any]) -> str:
    told = [dict(line) for line in tool.EXPECTED]
    for line, changes in zip(told, changed, strict=False):
        line.update(changes)
    return "\n".join(map(json.dumps, told))


def test_the_expected_steps_are_accepted() -> None:
    tool.compare(printed())


def test_a_wrong_step_is_detected() -> None:
    with pytest.raises(tool.Failed, match=r'"names": \["x"\]\}\nin place of'):
        tool.compare(printed({"names": ["x"]}))


def test_a_missing_step_is_detected() -> None:
    count = len(tool.EXPECTED)
    with pytest.raises(tool.Failed, match=f"it printed {count - 1} steps of {count}"):
        tool.compare("\n".join(printed().splitlines()[:-1]))


def test_clients_exist_in_go_and_typescript() -> None:
    assert {each.name for each in tool.DRIVING} == {"Go", "TypeScript"}


@LANGUAGES
def test_every_program_calls_every_operation(language: Language) -> None:
    folder = tool.PROGRAMS / language.folder
    [program] = [path for path in folder.iterdir() if path.suffix in {".go", ".ts"}]
    text = program.read_text("utf-8")
    document = yaml.safe_load(tool.DOCUMENT.read_text("utf-8"))

    for methods in document["paths"].values():
        for operation in methods.values():
            name = operation["operationId"]
            assert re.search(rf"\bapi\.{name}\(", text, re.IGNORECASE), name


def test_missing_programs_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool.clients.shutil, "which", lambda name: None if name == "go" else name)

    assert tool.main([]) == 2
    assert capsys.readouterr().err == "not installed: Go: go\n"
