import http.client
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from musterd import __version__
from musterd.archives import listing_json, reader
from musterd.cli import main
from musterd.http import server
from musterd.storage import catalogue

Command = Callable[..., int]

COMMAND = Path(sys.executable).with_name("musterd")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/x.db"


def run(*arguments: Any, **options: Any) -> subprocess.CompletedProcess:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, timeout=30, check=False, **options
    )


def succeed(*arguments: Any, **options: Any) -> bytes:
    done = run(*arguments, **options)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def fail(*arguments: Any, status: int = 1, **options: Any) -> str:
    done = run(*arguments, **options)
    assert (done.returncode, done.stdout) == (status, b"")
    message = done.stderr.decode()
    if status == 1:
        assert message.startswith("musterd: ")
        assert message.count("\n") == 1
    return message


@contextmanager
def serving(*arguments: Any) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the server on a free port; give the process and the port."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--listen", "tcp://127.0.0.1:0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("musterd: listening on tcp://127.0.0.1:")
        yield process, int(line.rpartition(":")[2])
    finally:
        process.kill()
        process.communicate()


def images(port: int, target: str = "/images/json") -> list[dict[str, Any]]:
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", target)
        return json.loads(connection.getresponse().read())


def by_id(listing: Any) -> dict[str, Any]:
    return {image["Id"]: image for image in listing}


def test_imported_images_are_served_and_exported(url: str, data: Path) -> None:
    expected = json.loads((data / "seed.json").read_text())
    assert succeed("import", data / "seed.json", "--db", url) == b"musterd: 3 images imported\n"
    with serving("--db", url) as (_, port):
        shown = by_id(images(port, "/v1.23/images/json?all=0"))
        assert [shown[image["Id"]] for image in expected[:2]] == expected[:2]
        shown = by_id(images(port, "/v1.23/images/json?digests=1"))
        assert shown[expected[2]["Id"]] == expected[2]
    exported = by_id(json.loads(succeed("export", "--db", url)))
    for image in expected:
        assert exported[image["Id"]] == {"RepoDigests": None} | image


def test_an_export_can_be_imported_from_standard_input(
    url: str, data: Path, tmp_path: Path
) -> None:
    succeed("import", data / "fixtures.tar.xz", "--db", url)
    exported = succeed("export", "--db", url)
    other = f"sqlite:///{tmp_path}/other.db"
    succeed("import", "-", "--db", other, input=exported)
    assert succeed("export", "--db", other) == exported
    succeed("import", "-", "--db", url, input=exported)
    assert succeed("export", "--db", url) == exported


def test_one_imported_image_is_reported_in_the_singular(url: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps([{"Id": "a" * 64, "Created": 1, "Size": 1}]))
    assert succeed("import", file, "--db", url) == b"musterd: 1 image imported\n"


def test_a_running_server_shows_newly_imported_images(url: str, data: Path) -> None:
    with serving("--db", url) as (_, port):
        assert images(port) == []
        succeed("import", data / "seed.json", "--db", url)
        assert len(images(port)) == 3


def test_the_default_catalogue_is_in_the_users_data_directory(data: Path, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    succeed("import", data / "seed.json", env=environment)
    assert (tmp_path / "data" / "musterd" / "catalogue.db").exists()
    assert len(json.loads(succeed("export", env=environment))) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly(url: str, tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "m.sock"
    with serving("--db", url, "--listen", f"unix://{path}") as (process, port):
        assert process.stdout.readline() == f"musterd: listening on unix://{path}\n"
        # A connection that is kept alive does not hold it up.
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/_ping")
            connection.getresponse().read()
            process.send_signal(number)
            assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0
        assert not path.exists()


def test_the_sample_covers_the_edge_cases_of_clients() -> None:
    with serving("--sample") as (_, port):
        sample = images(port, "/v1.23/images/json?all=1&digests=1")
        assert len(images(port)) == len(sample) - 1
    assert any(image["RepoTags"] is None for image in sample)
    assert any(image["RepoTags"] == ["<none>:<none>"] for image in sample)
    assert any(image["RepoDigests"] and image["RepoTags"] for image in sample)
    assert any(image["Size"] > 2**32 for image in sample)
    assert any(image["Size"] != image["VirtualSize"] for image in sample)
    assert {0, 4102444800} < {image["Created"] for image in sample}
    assert any(":5000/" in tag for image in sample for tag in image["RepoTags"] or ())
    labels = [pair for image in sample for pair in image["Labels"].items()]
    assert {"", "a=b=c", "значение ★"} <= {value for _, value in labels}


def test_the_sample_and_a_database_are_mutually_exclusive(url: str) -> None:
    assert "leave out --db, or --sample" in fail("serve", "--sample", "--db", url, status=2)


def test_a_port_in_use_is_one_clear_line(url: str) -> None:
    with serving("--db", url) as (_, port):
        assert fail("serve", "--db", url, "--listen", f"tcp://127.0.0.1:{port}") == (
            f"musterd: cannot listen on tcp://127.0.0.1:{port}: it is in use; "
            "stop what listens there, or name another address with --listen\n"
        )


def test_a_listen_address_with_a_wrong_scheme_is_one_clear_line(url: str, tmp_path: Path) -> None:
    assert fail("serve", "--db", url, "--listen", "http://127.0.0.1:1") == (
        "musterd: cannot listen on http://127.0.0.1:1: write tcp://HOST:PORT or unix:///PATH\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello", "is neither a List Images response nor an archive of `docker save`"),
        (b'[{"Id": "' + b"a" * 64, "is damaged or cut short: Input data was truncated"),
        (b'[{"Created": "yesterday"}]', 'image 1: "Id" is missing'),
        (b'{"message": "no"}', 'is not a listing but a server\'s error: "no"'),
    ],
)
def test_an_invalid_file_changes_nothing(
    url: str, data: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    with closing(catalogue.open_store(url)) as store:
        store.put(reader.read(str(data / "seed.json")))
        before = listing_json.export(store.images())
    file = tmp_path / "bad"
    file.write_bytes(content)
    assert f"{file}" in (problem := fail("import", file, "--db", url))
    assert message in problem
    with closing(catalogue.open_store(url)) as store:
        assert listing_json.export(store.images()) == before


def test_a_failed_import_creates_no_catalogue(url: str, tmp_path: Path) -> None:
    assert "No such file" in fail("import", tmp_path / "nowhere", "--db", url)
    assert fail("import", "-", "--db", url, input=b"") == "musterd: standard input is empty\n"
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_another_program_is_refused(url: str, data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE x (y)")
    for arguments in (["import", data / "seed.json"], ["export"], ["serve"]):
        assert "is the database of another program" in fail(*arguments, "--db", url)


def test_a_catalogue_that_does_not_exist_is_not_exported(url: str, tmp_path: Path) -> None:
    assert "there is no catalogue" in fail("export", "--db", url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["nonsense"], ["import"], ["serve", "--nonsense"]])
def test_incorrect_usage_gives_status_2(arguments: Any) -> None:
    assert "Usage: musterd" in fail(*arguments, status=2)


def test_control_characters_in_an_error_are_escaped(url: str, tmp_path: Path) -> None:
    file = tmp_path / "x\n\x1b[31m.json"
    assert fail("import", file, "--db", url) == (
        f"musterd: cannot read {tmp_path}/x\\n\\x1b[31m.json: No such file or directory\n"
    )


def test_the_version_is_reported() -> None:
    assert succeed("--version") == f"musterd, version {__version__}\n".encode()


def test_help_names_the_commands() -> None:
    shown = succeed("--help").decode()
    assert all(command in shown for command in ("import", "export", "serve"))


class TestInProcess:
    """The same in this process, where coverage is measured."""

    @pytest.fixture
    def command(self, monkeypatch: pytest.MonkeyPatch) -> Command:
        def call(*arguments: Any) -> int:
            monkeypatch.setattr(sys, "argv", ["musterd", *map(str, arguments)])
            with pytest.raises(SystemExit) as end:
                main.main()
            return end.value.code

        return call

    def test_import_and_export(
        self, command: Command, url: str, data: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        assert command("import", data / "seed.json", "--db", url) == 0
        assert command("export", "--db", url) == 0
        assert len(json.loads(capfdbinary.readouterr().out.partition(b"\n")[2])) == 3

    def test_errors(self, command: Command, url: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert command("export", "--db", url) == 1
        assert capfd.readouterr().err.startswith("musterd: there is no catalogue")

    @pytest.mark.parametrize(
        ("arguments", "count"),
        [(["--sample"], 1), (["--db", "sqlite://"], 1), ([], 1), (["--workers", "3"], 3)],
    )
    def test_serve(
        self,
        command: Command,
        url: str,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
        *,
        arguments: list[str],
        count: int,
    ) -> None:
        def run_workers(
            application: Any, addresses: Any, announce: Any, workers: int, **_: Any
        ) -> None:
            with application():
                announce(f"{addresses[0]} {workers}")

        monkeypatch.setattr(server, "serve_with_workers", run_workers)
        db = [] if {"--sample", "--db"} & {*arguments} else ["--db", url]
        assert command("serve", *arguments, *db) == 0
        assert capfd.readouterr().out == f"musterd: listening on tcp://127.0.0.1:2375 {count}\n"

    @pytest.mark.parametrize("arguments", [["--sample"], ["--db", "sqlite://"]])
    def test_a_catalogue_in_memory_refuses_several_workers(
        self, command: Command, capfd: pytest.CaptureFixture[str], arguments: list[str]
    ) -> None:
        assert command("serve", *arguments, "--workers", "2") == 2
        assert "has one worker only: leave out --workers." in capfd.readouterr().err

    def test_the_sample_with_a_database_is_refused(self, command: Command, url: str) -> None:
        assert command("serve", "--sample", "--db", url) == 2

    def test_import_creates_the_default_catalogue(
        self, command: Command, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert command("import", data / "seed.json") == 0
        assert (tmp_path / "musterd" / "catalogue.db").exists()
