from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from muster.errors import UsageError
from muster.transport.tls import ClientTls
from tests.server.support.certificates import Authority, authority


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tls") / "authority")


def told(tls: ClientTls) -> str:
    with pytest.raises(UsageError) as refused:
        tls.context()
    return str(refused.value)


def test_by_default_the_systems_authorities_are_trusted() -> None:
    context = ClientTls().context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_only_the_given_authority_is_trusted(ours: Authority) -> None:
    context = ClientTls(ca=str(ours.root)).context()
    assert [each["subject"] for each in context.get_ca_certs()] == [((("commonName", "root"),),)]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("with_ca", [True, False])
def test_verification_can_be_disabled(ours: Authority, *, with_ca: bool) -> None:
    context = ClientTls(ca=str(ours.root) if with_ca else "", verify=False).context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_the_certificate_and_key_may_be_in_one_file(ours: Authority, tmp_path: Path) -> None:
    cert, key = ours.sign("one")
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    assert ClientTls(cert=str(both)).context()
    assert ClientTls(cert=str(cert), key=str(key)).context()


def test_an_unusable_tls_file_is_reported_with_its_name(ours: Authority, tmp_path: Path) -> None:
    cert, key = ours.sign("other")
    none, junk = tmp_path / "none.pem", tmp_path / "junk.pem"
    junk.write_text("junk")
    not_there = "No such file or directory"
    assert told(ClientTls(ca=str(none))) == f"{none}, the authority's certificate: {not_there}"
    assert told(ClientTls(ca=str(junk))) == f"{junk} holds no certificate of an authority, as PEM"
    assert told(ClientTls(cert=str(none))) == (
        f"{none}, the client's certificate and key: {not_there}"
    )
    assert told(ClientTls(cert=str(cert))) == (
        f"{cert}: no certificate with its private key, as PEM"
    )
    assert told(ClientTls(cert=str(cert), key=str(junk))) == (
        f"{cert} and {junk}: no certificate with its private key, as PEM"
    )
    assert told(ClientTls(key=str(key))) == (
        f"{key} is a key without certificate: name that as well"
    )


def test_an_encrypted_key_does_not_prompt_at_the_terminal(
    ours: Authority, openssl: str, tmp_path: Path
) -> None:
    cert, key = ours.sign("encrypted")
    locked = tmp_path / "locked.pem"
    subprocess.run(
        [openssl, "rsa", "-aes128", "-passout", "pass:muster", "-in", key, "-out", locked],
        check=True,
        capture_output=True,
    )
    assert told(ClientTls(cert=str(cert), key=str(locked))) == (
        f"the key in {locked} is encrypted: decrypt it first"
    )
