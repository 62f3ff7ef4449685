"""What the options of `musterd serve` about access come to."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from musterd.access import credentials
from musterd.access.authentication import Access
from musterd.access.credentials import CredentialFile
from musterd.access.cross_site import NoBrowsers
from musterd.cli import main
from musterd.cli.access_options import Given, access_options
from musterd.errors import AddressError, CredentialsError, ServeError
from musterd.guarding import guarded
from musterd.http import server, sockets
from musterd.http.timeouts import Patience
from musterd.settings import AccessRules, ConnectionLimits, Protection
from tests.server.support import certificates

LOCAL = [sockets.parse("tcp://127.0.0.1:0"), sockets.parse("unix:///run/x.sock")]
REACHABLE = [*LOCAL, sockets.parse("tcp://0.0.0.0:2375")]


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's own credentials would be."""
    file = tmp_path / "settings" / "credentials.json"
    monkeypatch.setattr(credentials, "default_path", lambda: file)
    monkeypatch.setattr("musterd.cli.credentials.default_path", lambda: file)
    return file


def given(*arguments: str | Path) -> Given:
    found: list[Given] = []

    @click.command()
    @access_options
    def command(*, given: Given) -> None:
        found.append(given)

    command.main(list(map(str, arguments)), standalone_mode=False)
    return found[0]


def protection(*arguments: str | Path, to: Any = LOCAL, sample: bool = False) -> Protection:
    return given(*arguments).protection(to, sample=sample)


class TestWithoutCredentials:
    def test_only_this_machine_is_served(self) -> None:
        assert protection() == Protection()
        with pytest.raises(ServeError, match=r"^others can reach tcp://0\.0\.0\.0:2375, and noth"):
            protection(to=REACHABLE)
        with pytest.raises(ServeError):
            protection(to=REACHABLE, sample=True)

    def test_others_are_if_one_insists_and_it_is_said_aloud(self) -> None:
        found = protection("--insecure", to=REACHABLE)
        assert found.credentials is None
        [warning] = found.warnings
        assert warning == (
            "WARNING: whoever can reach tcp://0.0.0.0:2375 can read and change everything"
        )
        assert found.names is None
        assert protection("--insecure").warnings == ()

    def test_others_are_if_they_need_certificates(self, tmp_path: Path) -> None:
        authority = certificates.authority(tmp_path / "authority")
        certificate, key = authority.sign("server")
        options = ("--tls-cert", certificate, "--tls-key", key)
        found = protection(*options, "--tls-client-ca", authority.root, to=REACHABLE)
        assert found.tls is not None
        assert found.tls.verify_mode is ssl.CERT_REQUIRED
        assert found.warnings == ()
        with pytest.raises(ServeError, match="others can reach"):
            protection(*options, to=REACHABLE)

    def test_a_server_has_the_names_that_it_is_given(self) -> None:
        found = protection("--name", "Images.Example", "--name", "x.example")
        assert found.names == {"images.example", "x.example"}


class TestWithCredentials:
    def test_the_users_own_are_found(self, path: Path) -> None:
        CredentialFile(path).add("red")
        for to in (LOCAL, REACHABLE):
            found = protection(to=to).credentials
            assert found is not None
            assert found.path == path

    def test_even_if_all_are_revoked(self, path: Path) -> None:
        CredentialFile(path).revoke(CredentialFile(path).add("red").access_key)
        assert protection().credentials is not None

    def test_those_of_another_file_can_be_named(self, path: Path, tmp_path: Path) -> None:
        CredentialFile(path).add("red")
        other = CredentialFile(tmp_path / "other")
        other.add("blue")
        found = protection("--credentials", other.path, sample=True).credentials
        assert found is not None
        assert found.path == other.path

    def test_a_file_that_is_named_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(CredentialsError, match=r"^cannot read .*/nowhere: No such file"):
            protection("--credentials", tmp_path / "nowhere")

    def test_a_file_that_others_can_read_is_refused(self, path: Path) -> None:
        CredentialFile(path).add("red")
        path.chmod(0o644)
        with pytest.raises(CredentialsError, match="can be read by others"):
            protection()

    def test_the_sample_does_without_them(self, path: Path) -> None:
        CredentialFile(path).add("red")
        assert protection(sample=True).credentials is None

    def test_they_can_be_put_aside_and_it_is_said_aloud(self, path: Path) -> None:
        CredentialFile(path).add("red")
        found = protection("--insecure")
        assert found.credentials is None
        assert found.warnings == (f"WARNING: the credentials in {path} are not asked for",)
        assert len(protection("--insecure", to=REACHABLE).warnings) == 2

    def test_without_encryption_there_is_a_warning(self, path: Path) -> None:
        CredentialFile(path).add("red")
        assert protection().warnings == ()
        [warning] = protection(to=REACHABLE).warnings
        assert warning.startswith("warning: what goes to and from tcp://0.0.0.0:2375 can be read")


def test_the_other_options_are_passed_on() -> None:
    found = protection(
        *("--region", "eu-central-1", "--clock-window", "60", "--max-connections", "7"),
        *("--max-head-size", "1M", "--patience", "0.5", "--max-request-time", "9"),
    )
    assert found.rules == AccessRules(region="eu-central-1", window=60)
    assert found.connections == ConnectionLimits(
        connections=7, head_size=2**20, patience=0.5, request_time=9
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tls-key", "x"),
        ("--tls-client-ca", "x"),
        ("--insecure", "--credentials", "x"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError):
        protection(*arguments)


def test_a_host_that_is_none_is_reported() -> None:
    with pytest.raises(AddressError, match=r"^cannot listen on tcp://nowhere\.invalid:1: "):
        protection(to=[sockets.parse("tcp://nowhere.invalid:1")])


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("tcp://127.0.0.1:1", True),
        ("tcp://127.9.9.9:1", True),
        ("tcp://[::1]:1", True),
        ("tcp://localhost:1", True),
        ("unix:///x", True),
        ("tcp://0.0.0.0:1", False),
        ("tcp://[::]:1", False),
        ("tcp://192.0.2.1:1", False),
    ],
)
def test_only_loopback_and_unix_sockets_are_local(text: str, *, local: bool) -> None:
    assert sockets.is_local(sockets.parse(text)) is local


def test_an_application_is_put_behind_what_protects_it(path: Path) -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    store: Any = object()
    open_app = guarded(app, store, Protection())
    closed_app = guarded(app, store, Protection(credentials=CredentialFile(path)))
    for each, inner in ((open_app, NoBrowsers), (closed_app, Access)):
        assert isinstance(each, Patience)
        assert isinstance(each._app, inner)  # noqa: SLF001
        assert each._app._app is app  # noqa: SLF001


Command = Callable[..., Result]


@pytest.fixture
def command() -> Command:
    def call(*arguments: Any) -> Result:
        result = CliRunner().invoke(main.commands, list(map(str, arguments)))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


class TestCommands:
    def test_each_account_is_filled_and_read_by_itself(
        self, command: Command, tmp_path: Path, data: Path
    ) -> None:
        db = ("--db", f"sqlite:///{tmp_path}/x.db")
        assert command("import", data / "seed.json", "--account", "red", *db).exit_code == 0
        assert len(json.loads(command("export", "--account", "red", *db).output)) == 3
        assert json.loads(command("export", *db).output) == []
        with pytest.raises(
            Exception, match=r"^there is no account blue in the catalogue, but default, red$"
        ):
            command("export", "--account", "blue", *db)
        with pytest.raises(Exception, match="is no name of an account"):
            command("import", data / "seed.json", "--account", "No Name", *db)

    def test_serve_says_its_warnings_and_passes_on_what_protects(
        self, command: Command, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        CredentialFile(path).add("red")
        seen: list[Any] = []
        monkeypatch.setattr(server, "serve", lambda *arguments: seen.extend(arguments))
        done = command("serve", "--db", "sqlite://", "--insecure")
        assert done.stderr.startswith("musterd: WARNING: the credentials in ")
        assert isinstance(seen[0], Patience)
        assert isinstance(seen[3], Protection)

    def test_the_sample_is_everybodys_with_a_key(
        self, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = CredentialFile(tmp_path / "keys")
        file.add("red")
        counts = []

        def look(app: Any, *_: Any) -> None:
            store = app._app._store  # noqa: SLF001
            counts.extend(len(store.of(name).images()) for name in ("red", "default", "blue"))

        monkeypatch.setattr(server, "serve", look)
        command("serve", "--sample", "--credentials", file.path)
        assert counts == [13, 13, 0]
