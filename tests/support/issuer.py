"""An issuer of tokens on loopback, with keys made here."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from tests.support.serving import listening


class LocalIssuer:
    """Answers with its description and keys; what it answers can be changed while it runs."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.keys: dict[str, tuple[str, Any]] = {}
        self.pages: dict[str, Any] = {}
        self.asked: list[str] = []
        self.down = False
        self.add("first", "RS256")

    def add(self, key_id: str, algorithm: str) -> None:
        """A new key, published."""
        self.keys[key_id] = (algorithm, _new_key(algorithm))
        self.publish()

    def publish(self, *key_ids: str) -> None:
        """These keys, else all."""
        chosen = {key_id: self.keys[key_id] for key_id in key_ids or self.keys}
        self.pages = {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [_published(key_id, *key) for key_id, key in chosen.items()]},
        }

    def token(self, key_id: str = "first", headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token that is valid but for the changes; None removes a claim."""
        algorithm, key = self.keys[key_id]
        return jwt.encode(self.claims(**changes), key, algorithm, headers={"kid": key_id, **(headers or {})})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a valid token says, with changes."""
        now = int(time.time())
        found = {
            "iss": self.url,
            "aud": "fairlead",
            "sub": "user-1",
            "iat": now - 5,
            "exp": now + 300,
            "realm_access": {"roles": ["ml-leads", "unrelated"]},
            **changes,
        }
        return {name: value for name, value in found.items() if value is not None}


def _new_key(algorithm: str) -> Any:
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
    return _rsa_key()


@cache
def _rsa_key() -> rsa.RSAPrivateKey:
    """Always the same, as making one takes long."""
    return rsa.generate_private_key(65537, 2048)


def _published(key_id: str, algorithm: str, key: Any) -> dict[str, Any]:
    document: dict[str, Any] = get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True)
    return {**document, "kid": key_id, "alg": algorithm, "use": "sig"}


@contextmanager
def running() -> Iterator[LocalIssuer]:
    """It listens until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            page = issuer.pages.get(self.path)
            self.send_response(503 if issuer.down else 404 if page is None else 200)
            self.end_headers()
            if not issuer.down and page is not None:
                self.wfile.write(page if isinstance(page, bytes) else json.dumps(page).encode())

    with listening(Handler) as port:
        issuer = LocalIssuer(port)
        yield issuer
