"""Mistakes in the web configuration: every one at once, with line and place, and never a password."""

from pathlib import Path

import pytest

from fairlead.config.web import load_web, seconds
from fairlead.errors import ConfigError
from tests.support.certificates import Authority
from tests.support.cli import call
from tests.support.config_files import write

HASH = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"
TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("web")
    authority = Authority(made)
    authority.sign("server")
    authority.sign("other")
    (made / "rubbish.crt").write_text("rubbish")
    return made


def messages(folder: Path, text: str) -> list[str]:
    file = folder / "web.yml"
    file.write_text(text, encoding="utf-8")
    try:
        load_web(file)
    except ConfigError as error:
        return [line.removeprefix(f"{file}:").replace(str(folder), "FOLDER") for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        TLS + "}",
        TLS + ", min_version: TLS13, max_version: TLS13}",
        TLS + ", cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256], curve_preferences: [X25519]}",
        TLS + ", curve_preferences: [CurveP256], prefer_server_cipher_suites: false}",
        TLS + ", client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.pem}",
        TLS + ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, client_allowed_sans: [a]}",
        f"basic_auth_users: {{alice: {HASH}, bob: {HASH.replace('2y', '2b')}}}",
        "http_server_config: {http2: false, headers: {X-Frame-Options: sameorigin, X-XSS-Protection: '1'}}",
        "rate_limit: {interval: 1m30s, burst: 20}",
    ],
)
def test_sound_files(folder: Path, text: str) -> None:
    assert messages(folder, text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tls: {}", "1: tls: must be a known key, got 'tls' (known: tls_server_config, http_server_config, "),
        ("tls_server_config: {cert_file: server.crt}", "1: tls_server_config.key_file: must be given, got nothing"),
        (TLS + ", cert: x}", "1: tls_server_config.cert: must be a known key, got 'cert' (did you mean cert_file?)"),
        (TLS.replace("server.crt", "gone") + "}", "1: tls_server_config.cert_file: must be an existing file, got"),
        (
            TLS.replace("server.crt", "rubbish.crt") + "}",
            "1: tls_server_config.cert_file: must be a PEM certificate with its key in key_file, got: ",
        ),
        (
            TLS.replace("server.key", "other.key") + "}",
            "1: tls_server_config.cert_file: must be a PEM certificate with its key in key_file, got: key_valu",
        ),
        (TLS + ", min_version: TLS10}", "1: tls_server_config.min_version: must be one of TLS12, TLS13, got 'TLS10'"),
        (
            TLS + ", min_version: TLS13, max_version: TLS12}",
            "1: tls_server_config.min_version: must be at most max_version, got TLS13",
        ),
        (
            TLS + ", client_auth_type: RequestClientCert}",
            "1: tls_server_config.client_auth_type: must be one of NoClient",
        ),
        (
            TLS + ", client_auth_type: RequireAndVerifyClientCert}",
            "1: tls_server_config.client_auth_type: must come with client_ca_file, got RequireAndVerifyClientCert",
        ),
        (
            TLS + ", client_ca_file: ca.pem}",
            "1: tls_server_config.client_ca_file: must be left out with NoClientCert, got a file",
        ),
        (
            TLS + ", client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.pem, client_allowed_sans: [a]}",
            "1: tls_server_config.client_allowed_sans: must come with RequireAndVerifyClientCert, got V",
        ),
        (TLS + ", cipher_suites: [RC4]}", "1: tls_server_config.cipher_suites[0]: must be one of TLS_ECDHE_ECDSA"),
        (
            TLS + ", curve_preferences: [X25519, CurveP256]}",
            "1: tls_server_config.curve_preferences: must be at most 1 ",
        ),
        (
            "http_server_config: {headers: {Server: x}}",
            "1: http_server_config.headers.Server: must be one of Content-Security-Policy, ",
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: allow}}",
            "1: http_server_config.headers.X-Frame-Options: must be deny or sameorigin, got 'allow'",
        ),
        (
            'http_server_config: {headers: {X-XSS-Protection: "a\\r\\nb: c"}}',
            "1: http_server_config.headers.X-XSS-Protection: must be visible ASCII characters, got ",
        ),
        (
            "basic_auth_users: {bob: hunter2}",
            "1: basic_auth_users.bob: must be a bcrypt hash such as $2y$10$…, got something else",
        ),
        ("basic_auth_users: {bob: 1234567}", "1: basic_auth_users.bob: must be text, got something else"),
        ("basic_auth_users: {bob: [hunter2]}", "1: basic_auth_users.bob: must be text, got something else"),
        ("basic_auth_users: hunter2", "1: basic_auth_users: must be a mapping, got something else"),
        (
            f"basic_auth_users: {{'a:b': {HASH}}}",
            '1: basic_auth_users["a:b"]: must be the hash of a user without a colon',
        ),
        (
            f"basic_auth_users: {{a: {HASH.replace('$10', '$31')}}}",
            "1: basic_auth_users.a: must have a cost of at most 16, got 31",
        ),
        (
            "rate_limit: {interval: fast, burst: 1}",
            "1: rate_limit.interval: must be a duration such as 1s or 500ms, got 'fast'",
        ),
        ("rate_limit: {interval: 1s, burst: 0}", "1: rate_limit.burst: must be a whole number of at least 1, got 0"),
        ("rate_limit: {interval: 1s}", "1: rate_limit.burst: must be given, got nothing"),
    ],
)
def test_one_mistake_has_one_message(folder: Path, text: str, message: str) -> None:
    (found,) = messages(folder, text)
    assert found.startswith(message)
    assert not any(secret in found for secret in ("hunter2", "1234567", HASH[7:]))


def test_all_mistakes_at_once_by_line(folder: Path) -> None:
    text = "basic_auth_users: {bob: 7}\nrate_limit: {interval: 1s}\nhttp_server_config: {http3: true}\nzzz: 1\n"
    assert [line.split(":")[0] for line in messages(folder, text)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0", 0),
        ("1s", 1),
        ("500ms", 0.5),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("2us", 2e-6),
        ("", None),
        ("1", None),
        ("1d", None),
        ("-1s", None),
        ("1 s", None),
    ],
)
def test_durations_as_go_writes_them(text: str, found: float | None) -> None:
    assert seconds(text) == found


def test_both_files_are_checked_at_once(tmp_path: Path) -> None:
    config = write(tmp_path, ("risk: high", "risk: extreme"))
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users: {bob: hunter2}")
    said = call("check-config", config, "--web.config.file", web)
    assert said.code == 1
    assert ("models[0].risk" in said.err, "basic_auth_users.bob" in said.err, "hunter2" in said.err) == (
        True,
        True,
        False,
    )
    web.write_text("{}")
    assert call("check-config", config, "--web.config.file", web).err.count("\n") == 1


def test_a_server_does_not_start_with_a_mistake(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users: {bob: hunter2}")
    said = call("serve", "--config.file", write(tmp_path), "--web.config.file", web)
    assert (said.code, said.out) == (4, "")
    assert said.err.startswith(f"{web}:1: basic_auth_users.bob: must be a bcrypt hash")
