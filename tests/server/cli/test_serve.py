"""The effect of the access options of `musterd serve`."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import cloup
import pytest
from click.testing import CliRunner, Result

from musterd.access import credentials
from musterd.access.credentials import CredentialFile
from musterd.access.policy import SignaturePolicy
from musterd.app import Applications
from musterd.cli import main
from musterd.cli.options import AccessOptions, access_options
from musterd.cli.serve import server_settings
from musterd.errors import AddressError, CredentialsError, ServeError
from musterd.http import server, sockets
from musterd.http.limits import ConnectionLimits
from musterd.registry.sources import Sources
from musterd.settings import ServerSettings
from musterd.storage.store import ImageStore
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


def settings(*arguments: str | Path, to: Any = LOCAL, sample: bool = False) -> ServerSettings:
    found: list[ServerSettings] = []

    @cloup.command()
    @access_options
    def command(*, access: AccessOptions) -> None:
        found.append(server_settings(access, to, sample=sample))

    command.main(list(map(str, arguments)), standalone_mode=False)
    return found[0]


class TestWithoutCredentials:
    def test_addresses_reachable_by_others_are_refused(self) -> None:
        assert settings() == ServerSettings(signature_policy=SignaturePolicy(longest_request=660))
        with pytest.raises(ServeError, match=r"^others can reach tcp://0\.0\.0\.0:2375, and noth"):
            settings(to=REACHABLE)
        with pytest.raises(ServeError):
            settings(to=REACHABLE, sample=True)

    def test_insecure_allows_remote_addresses_with_a_warning(self) -> None:
        found = settings("--insecure", to=REACHABLE)
        assert found.credentials is None
        [warning] = found.warnings
        assert warning == (
            "WARNING: whoever can reach tcp://0.0.0.0:2375 can read and change everything"
        )
        assert found.host_names is None
        assert settings("--insecure").warnings == ()

    def test_client_certificates_allow_remote_addresses(self, tmp_path: Path) -> None:
        authority = certificates.authority(tmp_path / "authority")
        certificate, key = authority.sign("server")
        options = ("--tls-cert", certificate, "--tls-key", key)
        found = settings(*options, "--tls-client-ca", authority.root, to=REACHABLE)
        assert found.tls is not None
        assert found.tls.context.verify_mode is ssl.CERT_REQUIRED
        assert found.warnings == ()
        with pytest.raises(ServeError, match="others can reach"):
            settings(*options, to=REACHABLE)

    def test_the_server_gets_the_configured_host_names(self) -> None:
        found = settings("--host-name", "Images.Example", "--host-name", "x.example")
        assert found.host_names == {"images.example", "x.example"}


class TestWithCredentials:
    def test_the_users_credentials_are_used_by_default(self, path: Path) -> None:
        CredentialFile(path).add("red")
        for to in (LOCAL, REACHABLE):
            found = settings(to=to).credentials
            assert found is not None
            assert found.path == path

    def test_a_file_of_revoked_keys_still_requires_signatures(self, path: Path) -> None:
        CredentialFile(path).revoke(CredentialFile(path).add("red").access_key)
        assert settings().credentials is not None

    def test_credentials_of_another_file_can_be_chosen(self, path: Path, tmp_path: Path) -> None:
        CredentialFile(path).add("red")
        other = CredentialFile(tmp_path / "other")
        other.add("blue")
        found = settings("--credentials", other.path, sample=True).credentials
        assert found is not None
        assert found.path == other.path

    def test_the_chosen_credential_file_must_exist(self, tmp_path: Path) -> None:
        with pytest.raises(CredentialsError, match=r"^cannot read .*/nowhere: No such file"):
            settings("--credentials", tmp_path / "nowhere")

    def test_a_file_that_others_can_read_is_refused(self, path: Path) -> None:
        CredentialFile(path).add("red")
        path.chmod(0o644)
        with pytest.raises(CredentialsError, match="can be read by others"):
            settings()

    def test_the_sample_needs_no_credentials(self, path: Path) -> None:
        CredentialFile(path).add("red")
        assert settings(sample=True).credentials is None

    def test_insecure_ignores_the_credentials_with_a_warning(self, path: Path) -> None:
        CredentialFile(path).add("red")
        found = settings("--insecure")
        assert found.credentials is None
        assert found.warnings == (f"WARNING: the credentials in {path} are not asked for",)
        assert len(settings("--insecure", to=REACHABLE).warnings) == 2

    def test_remote_addresses_without_encryption_get_a_warning(self, path: Path) -> None:
        CredentialFile(path).add("red")
        assert settings().warnings == ()
        [warning] = settings(to=REACHABLE).warnings
        assert warning.startswith("warning: what goes to and from tcp://0.0.0.0:2375 can be read")


def test_the_other_options_are_passed_on() -> None:
    found = settings(
        *("--region", "eu-central-1", "--clock-window", "60", "--max-connections", "7"),
        *("--max-connections-per-address", "5"),
        *("--max-head-size", "1M", "--idle-timeout", "0.5", "--max-request-time", "9"),
    )
    assert found.signature_policy == SignaturePolicy(
        region="eu-central-1", window=60, longest_request=69
    )
    assert found.limits == ConnectionLimits(
        connections=7, per_address=5, head_size=2**20, idle_timeout=0.5, request_time=9
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
        settings(*arguments)


def test_an_unresolvable_host_is_reported() -> None:
    with pytest.raises(AddressError, match=r"^cannot listen on tcp://nowhere\.invalid:1: "):
        settings(to=[sockets.parse("tcp://nowhere.invalid:1")])


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
    def test_accounts_are_imported_and_exported_separately(
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
        with pytest.raises(Exception, match="is not an account name"):
            command("import", data / "seed.json", "--account", "No Name", *db)

    def test_serve_prints_its_warnings_and_passes_the_protections_on(
        self, command: Command, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        CredentialFile(path).add("red")
        seen: list[Any] = []

        def serve(*_: Any, **options: Any) -> None:
            seen.append(options)

        monkeypatch.setattr(server, "serve_with_workers", serve)
        done = command("serve", "--db", "sqlite://", "--insecure", "--max-connections", "7")
        assert done.stderr.startswith("musterd: WARNING: the credentials in ")
        assert seen[0] == {"tls": None, "limits": ConnectionLimits(connections=7), "refused": None}

    def test_every_account_with_a_key_gets_the_sample(
        self, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = CredentialFile(tmp_path / "keys")
        file.add("red")
        counts = []

        init = Applications.__init__

        def look(self: Applications, store: ImageStore, *args: Any, **options: Any) -> None:
            counts.extend(len(store.of(name).images()) for name in ("red", "default", "blue"))
            init(self, store, *args, **options)

        monkeypatch.setattr(Applications, "__init__", look)

        def run_one(application: Any, *_: Any, **__: Any) -> None:
            with application():
                pass

        monkeypatch.setattr(server, "serve_with_workers", run_one)
        command("serve", "--sample", "--credentials", file.path)
        assert counts == [13, 13, 0]

    def test_registries_and_images_to_pull_are_passed_on(
        self, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seed = tmp_path / "seed.yaml"
        seed.write_text("images: [{name: app:2, pullable: true}]")
        seen: list[Sources] = []
        init = Applications.__init__

        def look(self: Applications, *args: Any, sources: Sources, **options: Any) -> None:
            seen.append(sources)
            init(self, *args, sources=sources, **options)

        monkeypatch.setattr(Applications, "__init__", look)

        def run_one(application: Any, *_: Any, **__: Any) -> None:
            with application():
                pass

        monkeypatch.setattr(server, "serve_with_workers", run_one)
        command("serve", "--images", seed, "--registry", "127.0.0.1:5000")
        [sources] = seen
        assert sources.pullable.has_repository("app")
        assert sources.registries.of("127.0.0.1:5000/x") is not None
        with pytest.raises(ServeError, match="asked over TLS only"):
            command("serve", "--registry", "http://registry.example.com")
