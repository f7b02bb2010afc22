"""Tokens of an issuer over real HTTP: only what it signed, for us, now, gets in; and it may be down."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fairlead.app import issuer as module
from fairlead.app.issuer import Issuer, at_path, looks_signed
from fairlead.app.keys import FRESH_SECONDS, LEAST_SECONDS, Keys, UnreachableError, fetch_json, usable
from fairlead.config.oidc import Oidc, is_private
from fairlead.core.access import RANK, Caller, Role
from fairlead.errors import RoleError
from tests.support.issuer import LocalIssuer, running

OTHER = rsa.generate_private_key(65537, 2048)
DEEP = base64.urlsafe_b64encode(b'{"alg": ' + b"[" * 11_000).rstrip(b"=").decode() + ".e30.x"


@dataclass
class Watch:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Rig:
    local: LocalIssuer
    watch: Watch = field(default_factory=Watch)
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config = {
            "issuer": self.local.url,
            "audience": "fairlead",
            "jwks_url": None,
            "role_claim": "realm_access.roles",
            "roles": {"ml-leads": Role.ML_LEAD, "everybody": Role.VIEWER, "root": Role.ADMIN},
            "name_claim": "sub",
            **self.changes,
        }
        oidc = Oidc.model_validate(config)
        self.issuer = Issuer(oidc, Keys(oidc, stopwatch=self.watch))

    def caller(self, token: str, now: float | None = None) -> Caller | None:
        return self.issuer.caller(token, "10.0.0.1", datetime.fromtimestamp(now or time.time(), UTC))


@pytest.fixture
def local() -> Iterator[LocalIssuer]:
    with running() as made:
        yield made


@pytest.fixture
def rig(local: LocalIssuer) -> Rig:
    return Rig(local)


def part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_sound_token_is_a_caller(rig: Rig, algorithm: str) -> None:
    rig.local.add("other", algorithm)
    assert rig.caller(rig.local.token("other")) == Caller("oidc:user-1", Role.ML_LEAD, "10.0.0.1")


def test_the_audience_may_be_one_of_several(rig: Rig) -> None:
    assert rig.caller(rig.local.token(aud=["account", "fairlead"])) is not None


SOME_DAY = 2**33
"""Later than any test."""


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example.com"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["account"]},
        {"aud": None},
        {"aud": []},
        {"exp": None},
        {"exp": int(time.time()) - 60},
        {"exp": "soon"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"nbf": SOME_DAY},
        {"nbf": "x"},
        {"iat": SOME_DAY},
    ],
    ids=" ".join,
)
def test_a_token_that_says_something_else_is_none(rig: Rig, changes: dict[str, Any]) -> None:
    assert rig.caller(rig.local.token()) is not None
    unsound = {**rig.local.claims(), **changes}
    algorithm, key = rig.local.keys["first"]
    text = jwt.api_jws.encode(
        json.dumps({name: value for name, value in unsound.items() if value is not None}).encode(),
        key,
        algorithm,
        headers={"kid": "first"},
    )
    assert rig.caller(text) is None


def test_clocks_may_be_half_a_minute_apart(rig: Rig) -> None:
    now = float(int(time.time()))
    token = rig.local.token(iat=now, nbf=now, exp=now + 300)
    found = [rig.caller(token, now + seconds) is not None for seconds in (-31, -29, 0, 329, 331)]
    assert found == [False, True, True, True, False]


def test_algorithm_none(rig: Rig) -> None:
    for algorithm in ("none", "None", "NONE", "nOnE"):
        body = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'first'})}.{part(rig.local.claims())}."
        assert rig.caller(body) is None
        assert rig.caller(body + "AAAA") is None


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_the_public_key_as_a_shared_secret(rig: Rig, algorithm: str) -> None:
    """Signed by hand, as PyJWT refuses to."""
    public = rig.local.keys["first"][1].public_key()
    for encoding in (Encoding.PEM, Encoding.DER):
        secret = public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        text = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'first'})}.{part(rig.local.claims())}"
        mac = hmac.digest(secret, text.encode(), f"sha{algorithm[2:]}")
        assert rig.caller(f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") is None


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_same_key(rig: Rig, algorithm: str) -> None:
    key = rig.local.keys["first"][1]
    assert rig.caller(jwt.encode(rig.local.claims(), key, algorithm, headers={"kid": "first"})) is None


def test_somebody_elses_key_under_a_known_id(rig: Rig) -> None:
    other = OTHER
    assert rig.caller(jwt.encode(rig.local.claims(), other, "RS256", headers={"kid": "first"})) is None


def test_a_key_inside_the_token_is_not_used(rig: Rig) -> None:
    other = OTHER
    document = jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key(), as_dict=True)
    headers = {"kid": "first", "jwk": document, "jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/x"}
    assert rig.caller(jwt.encode(rig.local.claims(), other, "RS256", headers=headers)) is None


def test_one_changed_letter(rig: Rig) -> None:
    token = rig.local.token()
    head, body, signature = token.split(".")
    for changed in (f"{head}.{body[:-2]}AA.{signature}", f"{head}.{body}.{'A' + signature[1:]}", f"{head}.{body}."):
        assert changed == token or rig.caller(changed) is None


@pytest.mark.parametrize(
    "token", ["..", "a.b.c", "é.é.é", "\ud800.a.b", f"{'A' * 5000}.b.c", "eyJhbGciOiJSUzI1NiJ9..x", DEEP]
)
def test_what_is_no_token(rig: Rig, token: str) -> None:
    assert rig.caller(token) is None


def test_what_may_be_a_token() -> None:
    assert looks_signed("a.b.c")
    assert not any(map(looks_signed, ("fairlead_x", "a.b", "a.b.c.d", "a." + "b" * 20_000 + ".c")))


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"realm_access": {"roles": ["everybody"]}}, Role.VIEWER),
        ({"realm_access": {"roles": ["everybody", "ml-leads"]}}, Role.ML_LEAD),
        ({"realm_access": {"roles": ["everybody", "root", "ml-leads"]}}, Role.ADMIN),
        ({"realm_access": {"roles": "everybody"}}, Role.VIEWER),
        ({"realm_access.roles": ["root"]}, Role.ADMIN),
    ],
)
def test_the_highest_role_counts(rig: Rig, claims: dict[str, Any], role: Role) -> None:
    found = rig.caller(rig.local.token(**claims))
    assert found is not None
    assert found.role is role


@pytest.mark.parametrize(
    "claim",
    [None, {}, {"roles": []}, {"roles": ["Everybody"]}, {"roles": {"everybody": 1}}, {"roles": [["root"], 7]}, "root"],
)
def test_who_has_no_role_is_known_and_refused(rig: Rig, claim: Any) -> None:
    with pytest.raises(RoleError, match=r"^token: realm_access.roles: must be one of the configured roles$"):
        rig.caller(rig.local.token(realm_access=claim))


@pytest.mark.parametrize("name", [None, "", " ", 7, ["x"]])
def test_who_has_no_name_is_refused(local: LocalIssuer, name: Any) -> None:
    rig = Rig(local, changes={"name_claim": "email"})
    with pytest.raises(RoleError, match=r"^token: email: must be the name of the caller$"):
        rig.caller(local.token(email=name))


def test_every_role_has_a_rank() -> None:
    assert sorted(RANK) == sorted(Role)


def test_a_new_key_is_fetched_and_an_old_one_that_is_gone_is_forgotten(rig: Rig) -> None:
    assert rig.caller(rig.local.token()) is not None
    rig.local.add("second", "ES256")
    rig.local.publish("second")
    new, old = rig.local.token("second"), rig.local.token()
    assert rig.caller(new) is None  # asked just now
    rig.watch.now += LEAST_SECONDS
    assert rig.caller(new) is not None
    assert rig.caller(old) is None


def test_unknown_keys_do_not_make_a_flood(rig: Rig) -> None:
    for number in range(50):
        assert rig.caller(rig.local.token(headers={"kid": f"unknown-{number}"})) is None
    assert rig.local.asked == ["/.well-known/openid-configuration", "/keys"]


def test_a_withdrawn_key_is_gone_after_an_hour(rig: Rig) -> None:
    token = rig.local.token()
    assert rig.caller(token) is not None
    rig.local.add("second", "ES256")
    rig.local.publish("second")
    rig.watch.now += FRESH_SECONDS + 1
    rig.caller(token)  # asks beside
    deadline = time.monotonic() + 10
    while rig.caller(token) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_issuer_that_is_down(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.local.down = True
    token = rig.local.token()
    assert rig.caller(token) is None
    rig.local.down = False
    rig.watch.now += LEAST_SECONDS
    assert rig.caller(token) is not None
    rig.local.down = True
    rig.watch.now += 10 * FRESH_SECONDS
    assert rig.caller(token) is not None
    assert rig.caller(rig.local.token(headers={"kid": "unknown"})) is None
    assert rig.caller(token) is not None
    assert {record.message for record in caplog.records} == {"keys of the issuer not fetched"}


def test_an_issuer_that_is_gone(local: LocalIssuer) -> None:
    rig = Rig(local, changes={"jwks_url": "http://127.0.0.1:9/keys"})
    assert rig.caller(local.token()) is None


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/keys", b"not json"),
        ("/keys", b"\xff\xfe"),
        ("/keys", []),
        ("/keys", {"keys": {}}),
        ("/keys", {"keys": ["x", None, {}]}),
        ("/keys", {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]}),
        ("/keys", {"keys": [{"kty": ["RSA"], "alg": [], "use": {}}]}),
        ("/keys", {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "first"}]}),
        ("/keys", {"keys": [{"kty": "EC", "crv": "P-256", "x": "!", "y": 7}]}),
        ("/keys", b"[" * 100_000),
        ("/keys", b'{"keys": [' + b" " * (2 << 20) + b"]}"),
        ("/.well-known/openid-configuration", []),
        ("/.well-known/openid-configuration", {"issuer": "https://another.example.com", "jwks_uri": "x"}),
    ],
)
def test_an_issuer_that_answers_rubbish(rig: Rig, path: str, page: Any) -> None:
    rig.local.pages[path] = page
    assert rig.caller(rig.local.token()) is None
    rig.local.publish()
    rig.watch.now += LEAST_SECONDS
    assert rig.caller(rig.local.token()) is not None


def test_a_redirect_is_not_followed_and_keys_come_from_safe_places_only(rig: Rig) -> None:
    rig.local.pages["/.well-known/openid-configuration"] = {
        "issuer": rig.local.url,
        "jwks_uri": "http://192.0.2.1/keys",
    }
    begin = time.monotonic()
    assert rig.caller(rig.local.token()) is None
    assert time.monotonic() - begin < 2
    with pytest.raises(UnreachableError, match="must begin with https://"):
        fetch_json("file:///etc/passwd")


def test_a_token_without_a_key_id_is_for_the_only_key(rig: Rig) -> None:
    token = jwt.encode(rig.local.claims(), rig.local.keys["first"][1], "RS256")
    assert rig.caller(token) is not None
    rig.local.add("second", "ES256")
    other = Rig(rig.local)
    assert other.caller(token) is None


def test_short_rsa_keys_are_left_out() -> None:
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    document = jwt.algorithms.RSAAlgorithm.to_jwk(short.public_key(), as_dict=True)
    with pytest.raises(UnreachableError, match="got none"):
        usable({"keys": [{**document, "kid": "x"}]})


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://id.example.com/realms/ml", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080/x", True),
        ("http://localhost/x", True),
        ("http://id.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("https://u:p@id.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("https://", False),
        ("ftp://id.example.com", False),
        ("https://[::1", False),
        ("https://x:99999", False),
        ("", False),
    ],
)
def test_safe_places(url: str, private: bool) -> None:
    assert is_private(url) is private


def test_paths_into_claims() -> None:
    claims = {"a": {"b": {"c": 1}}, "https://x.example/roles": ["y"], "a.b": 2}
    paths = ("a.b.c", "a.b", "https://x.example/roles", "a.x", "a.b.c.d", "", "a..b")
    assert [at_path(claims, path) for path in paths] == [1, 2, ["y"], None, None, None, None]


def test_leeway_is_small() -> None:
    assert module.LEEWAY <= 60
