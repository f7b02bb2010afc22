"""`--web.config.file`: TLS, basic authentication, headers and a rate limit, in the format of Prometheus' exporters."""

import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from fairlead.config.document import Document, read
from fairlead.config.load import problem, shaped
from fairlead.config.section import PathText, Section, must_be
from fairlead.config.wording import Loc, shown, where
from fairlead.errors import ConfigError, Problem

CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
"""Python always verifies a certificate that it asks for: the types that do not are mistakes here."""
VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
CIPHERS = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
"""Go's names → OpenSSL's; those of TLS 1.3 cannot be chosen, neither in Go nor here."""
HEADERS = {
    "Content-Security-Policy": None,
    "Strict-Transport-Security": None,
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"deny", "sameorigin"},
    "X-XSS-Protection": None,
}
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)")
BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|1[0-9]|2[0-9]|3[01])\$[./A-Za-z0-9]{53}")
MOST_COST = 16


def _one_of(known: Any) -> AfterValidator:
    def check(text: str) -> str:
        if text not in known:
            raise must_be(f"one of {', '.join(known)}")
        return text

    return AfterValidator(check)


def seconds(text: str) -> float | None:
    """A duration as Go writes it: 1s, 1m30s, 500ms, 0; None for what is none."""
    if text == "0":
        return 0.0
    parts = SPAN.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        return None
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def _span(text: str) -> str:
    if seconds(text) is None:
        raise must_be("a duration such as 1s or 500ms")
    return text


class TlsShape(Section):
    """`tls_server_config`."""

    cert_file: PathText
    key_file: PathText
    client_auth_type: Annotated[str, _one_of(CLIENT_AUTH)] = "NoClientCert"
    client_ca_file: PathText | None = None
    client_allowed_sans: list[str] | None = None
    min_version: Annotated[str, _one_of(VERSIONS)] = "TLS12"
    max_version: Annotated[str, _one_of(VERSIONS)] = "TLS13"
    cipher_suites: list[Annotated[str, _one_of(CIPHERS)]] = Field(default=[])
    prefer_server_cipher_suites: bool = True
    curve_preferences: list[Annotated[str, _one_of(CURVES)]] = Field(default=[], max_length=1)


class HttpShape(Section):
    """`http_server_config`."""

    http2: bool = True
    headers: dict[Annotated[str, _one_of(HEADERS)], str] = Field(default={})


class RateShape(Section):
    """`rate_limit`."""

    interval: Annotated[str, AfterValidator(_span)]
    burst: Annotated[int, Field(ge=1)]


class WebShape(Section):
    """The whole file."""

    tls_server_config: TlsShape | None = None
    http_server_config: HttpShape = HttpShape()
    basic_auth_users: dict[str, str] = Field(default={}, repr=False)
    rate_limit: RateShape | None = None


SECTIONS: dict[Loc, type[Section]] = {
    ("tls_server_config",): TlsShape,
    ("http_server_config",): HttpShape,
    ("rate_limit",): RateShape,
}


class Web(Section):
    """The file as it is used; paths are absolute."""

    tls: TlsShape | None = None
    headers: dict[str, str] = Field(default={})
    users: dict[str, str] = Field(default={}, repr=False)
    interval: float = 0.0
    burst: int = 1


def load_web(path: Path) -> Web:
    """The file; ConfigError lists every mistake in it, sorted by line. Passwords are never shown."""
    document = read(path)
    problems = [Problem(line, where(loc), message) for loc, line, message in document.mistakes]
    shape, errors = shaped(document, WebShape, lambda loc: SECTIONS.get(loc, WebShape))
    problems += [_discreet(document, loc, message) for loc, message in errors if loc not in document.wrong]
    folder = path.absolute().parent
    if shape is None or problems:
        raise ConfigError(str(path), sorted(problems, key=lambda one: one.line or 0))
    tls = _at(folder, shape.tls_server_config) if shape.tls_server_config else None
    meant = [*_meaning(shape), *_files(tls)]
    if meant:
        found = [problem(document, loc, message) for loc, message in meant]
        raise ConfigError(str(path), sorted(found, key=lambda one: one.line or 0))
    rate = shape.rate_limit
    return Web(
        tls=tls,
        headers=shape.http_server_config.headers,
        users=shape.basic_auth_users,
        interval=seconds(rate.interval) or 0.0 if rate else 0.0,
        burst=rate.burst if rate else 1,
    )


def _discreet(document: Document, loc: Loc, message: str) -> Problem:
    """What stands where a hash should may be a password."""
    if loc[:1] == ("basic_auth_users",):
        message = message.partition(", got ")[0] + ", got something else"
    return problem(document, loc, message)


def _at(folder: Path, tls: TlsShape) -> TlsShape:
    ca = tls.client_ca_file
    paths = {"cert_file": str(folder / tls.cert_file), "key_file": str(folder / tls.key_file)}
    return tls.model_copy(update={**paths, "client_ca_file": str(folder / ca) if ca else None})


def _meaning(shape: WebShape) -> Iterator[tuple[Loc, str]]:
    for name, hashed in shape.basic_auth_users.items():
        if ":" in name or not name:
            yield ("basic_auth_users", name), f"must be the hash of a user without a colon, got {shown(name)}"
        if not BCRYPT.fullmatch(hashed):
            yield ("basic_auth_users", name), "must be a bcrypt hash such as $2y$10$…, got something else"
        elif int(hashed[4:6]) > MOST_COST:
            yield ("basic_auth_users", name), f"must have a cost of at most {MOST_COST}, got {int(hashed[4:6])}"
    for name, text in shape.http_server_config.headers.items():
        known = HEADERS[name]
        if known and text not in known:
            yield ("http_server_config", "headers", name), f"must be {' or '.join(sorted(known))}, got {shown(text)}"
        elif not text.isascii() or not text.isprintable():
            yield ("http_server_config", "headers", name), f"must be visible ASCII characters, got {shown(text)}"
    if (tls := shape.tls_server_config) is not None:
        yield from _client_meaning(tls)


def _client_meaning(tls: TlsShape) -> Iterator[tuple[Loc, str]]:
    """Client certificates are verified with a CA, or not asked for; a name is only matched where one must be shown."""
    asks = tls.client_auth_type != "NoClientCert"
    if tls.client_ca_file and not asks:
        yield ("tls_server_config", "client_ca_file"), "must be left out with NoClientCert, got a file"
    if asks and not tls.client_ca_file:
        yield (
            ("tls_server_config", "client_auth_type"),
            f"must come with client_ca_file, got {tls.client_auth_type}",
        )
    if tls.client_allowed_sans is not None and tls.client_auth_type != "RequireAndVerifyClientCert":
        wanted = f"must come with RequireAndVerifyClientCert, got {tls.client_auth_type}"
        yield ("tls_server_config", "client_allowed_sans"), wanted
    if tls.min_version > tls.max_version:
        yield ("tls_server_config", "min_version"), f"must be at most max_version, got {tls.min_version}"


def _files(tls: TlsShape | None) -> Iterator[tuple[Loc, str]]:
    if tls is None:
        return
    for key in ("cert_file", "key_file", "client_ca_file"):
        file = getattr(tls, key)
        if file is not None and not Path(file).is_file():
            yield ("tls_server_config", key), f"must be an existing file, got {shown(file)}"
            return
    try:
        context_of(tls)
    except OSError as error:  # and what OpenSSL says
        reason = str(getattr(error, "reason", None) or error.strerror or error).lower()
        yield ("tls_server_config", "cert_file"), f"must be a PEM certificate with its key in key_file, got: {reason}"


def context_of(tls: TlsShape) -> ssl.SSLContext:
    """What a listener needs; raises OSError or ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = VERSIONS[tls.min_version], VERSIONS[tls.max_version]
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if tls.prefer_server_cipher_suites:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    chosen = tls.cipher_suites or list(CIPHERS)
    context.set_ciphers(":".join(CIPHERS[name] for name in chosen))
    for curve in tls.curve_preferences:
        context.set_ecdh_curve(CURVES[curve])
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(tls.cert_file, tls.key_file, password=lambda: b"")
    if tls.client_ca_file:
        context.load_verify_locations(tls.client_ca_file)
    context.verify_mode = CLIENT_AUTH[tls.client_auth_type]
    return context
