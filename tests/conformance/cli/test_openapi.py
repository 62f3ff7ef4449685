import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import muster_openapi
from muster.cli.main import commands
from muster.errors import UsageError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["openapi", *arguments])


def mistake(*arguments: str) -> str:
    done = run(*arguments)
    assert isinstance(done.exception, UsageError)
    return str(done.exception)


@pytest.mark.parametrize("version", ["1.23", "1.30", "1.56", "v1.44"])
@pytest.mark.parametrize(
    ("shape", "dialect"), [("served", "3.0"), ("client", "3.0"), ("client", "3.1"), ("fuzz", "3.0")]
)
def test_the_document_of_any_version_is_printed(
    version: str, shape: muster_openapi.Shape, dialect: muster_openapi.Dialect
) -> None:
    done = run(version, "--shape", shape, "--openapi", dialect, "--form", "json")
    assert done.exit_code == 0
    wanted = muster_openapi.document(version.removeprefix("v"), shape, dialect)
    assert json.loads(done.output) == wanted


def test_yaml_is_printed_verbatim_with_options_in_any_order() -> None:
    assert run("1.23").output == muster_openapi.text("1.23")
    assert run("--shape", "client", "1.23").output == muster_openapi.text("1.23", "client")


def test_a_document_is_written_to_a_file(tmp_path: Path) -> None:
    done = run("1.44", "--output", str(tmp_path / "images.yaml"))
    assert (done.exit_code, done.output) == (0, "")
    assert (tmp_path / "images.yaml").read_text() == muster_openapi.text("1.44")


def test_an_unwritable_output_file_is_reported(tmp_path: Path) -> None:
    assert mistake("1.44", "--output", f"{tmp_path}/no/images.yaml") == (
        f"cannot write {tmp_path}/no/images.yaml: No such file or directory"
    )


@pytest.mark.parametrize("version", ["1.22", "1.57", "latest"])
def test_a_version_without_a_document_is_refused(version: str) -> None:
    assert "version" in mistake(version)


def test_a_shape_without_a_document_in_the_dialect_is_refused() -> None:
    assert mistake("1.44", "--shape", "fuzz", "--openapi", "3.1") == (
        "there is no document of the shape 'fuzz' as OpenAPI 3.1, only as 3.0"
    )


def test_the_difference_of_two_versions_is_listed_rule_by_rule() -> None:
    lines = run("diff", "1.41", "v1.44").output.splitlines()
    assert [line for line in lines if line.startswith("What")] == [
        "What API version 1.42 changed (Docker 23.0, February 2023)",
        "What API version 1.43 changed (Docker 24.0, May 2023)",
        "What API version 1.44 changed (Docker 25.0, January 2024)",
    ]
    assert "  * The parameter `shared-size` is new. [docs: API v1.42]" in lines
    assert any(line.startswith("  + shared-size.spellings: Its spellings are") for line in lines)
    assert any(line.startswith("  ~ image.no-repo-tags: ") for line in lines)
    assert any(line.startswith("  - image.placeholder: ") for line in lines)
    assert max(map(len, lines)) <= 100


def test_versions_without_changed_rules_show_no_difference() -> None:
    assert run("diff", "1.55", "1.56").output == "Nothing changed from 1.55 to 1.56.\n"


def test_versions_in_reverse_order_are_refused() -> None:
    assert mistake("diff", "1.44", "1.41") == (
        "1.44 is not older than 1.41; name the older version first"
    )
    assert mistake("diff", "1.41", "1.57").startswith("there is no document")


def test_the_configuration_of_schemathesis_is_printed() -> None:
    assert run("schemathesis").output == muster_openapi.SCHEMATHESIS_CONFIG


def test_help_names_the_forms_of_the_command() -> None:
    shown = run("--help").output
    assert "V | diff OLDER NEWER | schemathesis" in shown
    assert "--output FILE" in run("1.23", "--help").output
    assert isinstance(commands.get_command(click.Context(commands), "openapi"), click.Group)
    assert run().exit_code == 2
