import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from musterd.app import Applications
from musterd.cli import main
from musterd.errors import SeedError
from musterd.http import server
from musterd.storage import catalogue

Command = Callable[..., Result]
SEED = "images:\n- name: base:1\n- {name: app:1, parent: base:1}\n"


@pytest.fixture
def db(tmp_path: Path) -> tuple[str, str]:
    return "--db", f"sqlite:///{tmp_path}/x.db"


@pytest.fixture
def command() -> Command:
    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main.commands, list(map(str, arguments)), catch_exceptions=False)

    return call


def exported(command: Command, db: tuple[str, str], *more: str) -> Any:
    return json.loads(command("export", *db, *more).output)


def test_add_creates_an_image(command: Command, db: tuple[str, str]) -> None:
    base = command("add", "base:1", "--size", "5MB", *db).output.strip()
    added = command(
        "add",
        "app:1",
        "app:latest",
        *("--label", "a=b=c", "--label", "d"),
        *("--size", "7MB", "--created", "1704067200", "--parent", "base:1"),
        *("--digest", "true", "--platform", "linux/arm64"),
        *db,
    ).output.strip()
    (image,) = (each for each in exported(command, db) if each["Id"] == added)
    assert image["RepoTags"] == ["app:1", "app:latest"]
    assert image["Labels"] == {"a": "b=c", "d": ""}
    assert (image["Size"], image["Created"]) == (7_000_000, 1704067200)
    assert image["ParentId"] == base
    assert image["RepoDigests"][0].startswith("app@sha256:")


def test_add_creates_an_image_for_several_platforms(command: Command, db: tuple[str, str]) -> None:
    platforms = ("--platform", "linux/arm64", "--platform", "linux/amd64")
    added = command("add", "app:1", *platforms, *db).output.strip()
    with closing(catalogue.open_store(db[1])) as store:
        [image] = [each for each in store.images() if each.id == added]
    architectures = [(each.platform or {})["architecture"] for each in image.targets[0].manifests]
    assert architectures == ["arm64", "amd64"]


def test_the_same_command_adds_the_same_image(command: Command, db: tuple[str, str]) -> None:
    given = f"sha256:{'a' * 64}"
    first = command("add", "a", "--created", "2024-01-01", "--digest", given, *db).output
    assert command("add", "a", "--created", "2024-01-01", "--digest", given, *db).output == first
    assert len(exported(command, db)) == 1
    assert command("add", *db).exit_code == 0
    assert [each["RepoTags"] for each in exported(command, db)].count(["<none>:<none>"]) == 1


def test_an_account_has_its_own_images(command: Command, db: tuple[str, str]) -> None:
    command("add", "a", "--account", "red", *db)
    assert len(exported(command, db, "--account", "red")) == 1
    assert exported(command, db) == []
    with pytest.raises(Exception, match="is not an account name"):
        command("add", "a", "--account", "No Name", *db)


def test_a_wrong_value_creates_no_catalogue(
    command: Command, db: tuple[str, str], tmp_path: Path
) -> None:
    with pytest.raises(SeedError, match="'x' is not a size"):
        command("add", "a", "--size", "x", *db)
    assert list(tmp_path.iterdir()) == []


def test_a_seed_file_is_imported(command: Command, db: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(SEED)
    assert command("import", file, *db).output == "musterd: 2 images imported\n"
    assert {tuple(each["RepoTags"]) for each in exported(command, db)} == {("app:1",), ("base:1",)}


@pytest.mark.parametrize("sample", [False, True])
def test_files_are_served_from_memory(
    command: Command,
    tmp_path: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    sample: bool,
) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(SEED)
    counts = []
    init = Applications.__init__

    def note(self: Applications, store: Any, *args: Any, **options: Any) -> None:
        counts.append(store)
        init(self, store, *args, **options)

    monkeypatch.setattr(Applications, "__init__", note)

    def run_one(application: Any, *_: Any, **__: Any) -> None:
        with application():
            counts.append(len(counts.pop().images()))

    monkeypatch.setattr(server, "serve_with_workers", run_one)
    more = ["--sample"] if sample else []
    command("serve", "--images", file, "--images", data / "seed.json", *more)
    assert counts == [5 + 13 * sample]


def test_images_and_a_database_are_mutually_exclusive(
    command: Command, db: tuple[str, str], data: Path
) -> None:
    done = command("serve", "--images", data / "seed.json", *db)
    assert done.exit_code == 2
    assert "leave out --db" in done.stderr
