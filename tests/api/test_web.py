"""`--web.config.file` on real sockets: TLS, client certificates, passwords, headers, and changes while it runs."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import bcrypt
import httpx
import pytest
import uvicorn
import yaml
from cryptography import x509

from fairlead.app.web import WebFile
from fairlead.demo.processes import prometheus
from fairlead.demo.servers import get_json
from fairlead.serve import http_config, listen
from tests.support.certificates import Authority, Pair
from tests.support.served import Rig

PASSWORD = "correct horse battery"  # noqa: S105
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


@dataclass
class Site:
    """A folder with a web configuration, and where it is served."""

    folder: Path
    authority: Authority
    token: str
    url: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "web.yml"

    def write(self, **document: object) -> None:
        self.file.write_text(yaml.safe_dump(document))

    def tls(self, pair: Pair, **keys: object) -> dict[str, object]:
        return {"cert_file": pair.cert.name, "key_file": pair.key.name, **keys}

    def get(self, path: str, client: Pair | None = None, **options: object) -> httpx.Response:
        context = ssl.create_default_context(cafile=str(self.authority.ca))
        if client:
            context.load_cert_chain(client.cert, client.key)
        with httpx.Client(verify=context, timeout=10) as made:
            return made.request(str(options.pop("method", "GET")), self.url + path, **options)  # type: ignore[arg-type]

    def serial(self) -> int:
        """Of the certificate that a new connection gets."""
        url = httpx.URL(self.url)
        return x509.load_pem_x509_certificate(
            ssl.get_server_certificate((url.host, url.port or 0)).encode()
        ).serial_number


@pytest.fixture
def site(tmp_path: Path, shared: Rig) -> Site:
    return Site(tmp_path, Authority(tmp_path), shared.client.headers["authorization"])


@contextmanager
def served(rig: Rig, site: Site) -> Iterator[Site]:
    listener = listen("127.0.0.1:0")
    web = WebFile(site.file)
    server = uvicorn.Server(http_config(rig.exporter, web))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    site.url = f"{'https' if web.current().tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield site
    finally:
        server.should_exit = True
        thread.join(10)


def eventually(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_tls_is_for_the_whole_port(shared: Rig, site: Site) -> None:
    site.write(tls_server_config=site.tls(site.authority.sign("server")))
    with served(shared, site):
        assert site.get("/-/healthy").text == "healthy\n"
        assert "fairlead_build_info" in site.get("/metrics").text
        assert site.get("/api/v1/audit").status_code == 401
        assert site.get("/api/v1/audit", headers={"Authorization": site.token}).status_code == 200
        with pytest.raises(httpx.HTTPError):
            httpx.get(site.url.replace("https", "http") + "/metrics", timeout=5)
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(site.url + "/metrics", timeout=5)


def test_old_protocols_are_refused(shared: Rig, site: Site) -> None:
    site.write(tls_server_config=site.tls(site.authority.sign("server"), min_version="TLS13"))
    with served(shared, site):
        context = ssl.create_default_context(cafile=str(site.authority.ca))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(httpx.HTTPError):
            httpx.get(site.url + "/-/healthy", verify=context, timeout=5)
        assert site.get("/-/healthy").status_code == 200


def test_only_clients_of_the_authority_connect(shared: Rig, site: Site, tmp_path: Path) -> None:
    keys = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": site.authority.ca.name}
    site.write(tls_server_config=site.tls(site.authority.sign("server"), **keys))
    stranger = Authority(tmp_path, "other").sign("stranger")
    with served(shared, site):
        assert site.get("/-/healthy", site.authority.sign("client")).status_code == 200
        for client in (None, stranger):
            with pytest.raises(httpx.HTTPError):
                site.get("/-/healthy", client)


@pytest.mark.parametrize(
    ("name", "admitted"),
    [
        (x509.DNSName("prometheus.example.com"), True),
        (x509.DNSName("grafana.example.com"), False),
        (x509.IPAddress(ip_address("2001:db8::7")), True),
        (x509.IPAddress(ip_address("2001:db8::8")), False),
        (x509.RFC822Name("ops@example.com"), True),
        (x509.UniformResourceIdentifier("spiffe://example.com/prometheus"), True),
        (x509.UniformResourceIdentifier("spiffe://example.com/grafana"), False),
    ],
    ids=lambda value: str(getattr(value, "value", value)),
)
def test_only_allowed_names_connect(shared: Rig, site: Site, name: x509.GeneralName, admitted: bool) -> None:
    keys = {
        "client_auth_type": "RequireAndVerifyClientCert",
        "client_ca_file": site.authority.ca.name,
        "client_allowed_sans": [
            "prometheus.example.com",
            "2001:db8::7",
            "ops@example.com",
            "spiffe://example.com/prometheus",
        ],
    }
    site.write(tls_server_config=site.tls(site.authority.sign("server"), **keys))
    with served(shared, site):
        client = site.authority.sign("client", name)
        if admitted:
            assert site.get("/-/healthy", client).status_code == 200
        else:
            with pytest.raises(httpx.HTTPError):
                site.get("/-/healthy", client)


def test_a_new_certificate_is_there_for_the_next_connection(shared: Rig, site: Site) -> None:
    site.write(tls_server_config=site.tls(site.authority.sign("server")))
    with served(shared, site):
        before = site.serial()
        pair = site.authority.sign("server")
        eventually(lambda: site.serial() != before)
        assert site.get("/-/healthy").status_code == 200
        renewed = site.serial()
        pair.cert.write_text("half a certif")
        assert site.serial() == renewed
        assert site.get("/-/healthy").status_code == 200


def test_passwords_are_for_what_is_no_api(shared: Rig, site: Site) -> None:
    site.write(basic_auth_users={"prometheus": HASH})
    right = ("prometheus", PASSWORD)
    with served(shared, site):
        for path in (
            "/metrics",
            "/",
            "/-/healthy",
            "/-/ready",
            "/runbooks/FairleadDown",
            "/api/v1/openapi.json",
            "/nowhere",
        ):
            answer = site.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic"), path
            assert "fairlead_" not in answer.text
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert site.get(path, auth=right).status_code in {200, 404}, path
        assert site.get("/api/v1/audit", auth=right).status_code == 401
        assert site.get("/-/reload", method="POST", auth=right).status_code == 401
        token = {"Authorization": site.token}
        assert site.get("/api/v1/audit", headers=token).status_code == 200
        assert site.get("/-/reload", method="POST", headers=token).status_code == 200
        assert site.get("/metrics", headers=token).status_code == 401


@pytest.mark.parametrize(
    "auth",
    [
        ("prometheus", "wrong"),
        ("nobody", PASSWORD),
        ("", ""),
        ("prometheus", ""),
        ("prometheus", HASH),
        ("prometheus", PASSWORD + "\0"),
        ("prometheus\0", PASSWORD),
        ("Prometheus", PASSWORD),
        ("prometheus", "é" * 500),
    ],
)
def test_wrong_passwords(shared: Rig, site: Site, auth: tuple[str, str]) -> None:
    site.write(basic_auth_users={"prometheus": HASH})
    with served(shared, site):
        assert site.get("/metrics", auth=auth).status_code == 401
        assert site.get("/metrics", headers={"Authorization": "Basic !"}).status_code == 401


def test_bcrypt_is_asked_once_for_a_right_password_and_in_vain_for_a_stranger(
    shared: Rig, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = bcrypt.checkpw

    def checked(password: bytes, hashed: bytes) -> bool:
        asked.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checked)
    site.write(basic_auth_users={"prometheus": HASH, "slow": bcrypt.hashpw(b"x", bcrypt.gensalt(6)).decode()})
    with served(shared, site):
        for _ in range(5):
            assert site.get("/metrics", auth=("prometheus", PASSWORD)).status_code == 200
        assert len(asked) == 1
        site.get("/metrics", auth=("nobody", PASSWORD))
        assert len(asked) == 2
        assert asked[1].startswith(b"$2b$06$")  # as slow as the slowest


def test_who_guesses_waits_and_who_is_known_does_not(shared: Rig, site: Site) -> None:
    site.write(basic_auth_users={"prometheus": HASH})
    with served(shared, site):
        assert site.get("/metrics", auth=("prometheus", PASSWORD)).status_code == 200
        codes = [site.get("/metrics", auth=("prometheus", f"guess {n}")).status_code for n in range(24)]
        assert codes[:19] == [401] * 19
        assert codes[-1] == 429
        assert site.get("/metrics", auth=("prometheus", PASSWORD)).status_code == 200


def test_a_changed_password_counts_at_once(shared: Rig, site: Site) -> None:
    site.write(basic_auth_users={"prometheus": HASH})
    with served(shared, site):
        assert site.get("/metrics", auth=("prometheus", PASSWORD)).status_code == 200
        site.write(basic_auth_users={"prometheus": bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()})
        assert site.get("/metrics", auth=("prometheus", PASSWORD)).status_code == 401
        assert site.get("/metrics", auth=("prometheus", "another")).status_code == 200
        site.file.write_text("basic_auth_users: {prometheus: plain}")
        assert site.get("/metrics", auth=("prometheus", "another")).status_code == 200
        assert site.get("/metrics").status_code == 401
        site.file.unlink()
        assert site.get("/metrics").status_code == 401


def test_headers(shared: Rig, site: Site) -> None:
    headers = {"Strict-Transport-Security": "max-age=600", "X-Frame-Options": "deny", "Content-Security-Policy": ""}
    site.write(http_server_config={"headers": headers})
    with served(shared, site):
        found = site.get("/").headers
        assert (found["strict-transport-security"], found["x-frame-options"]) == ("max-age=600", "deny")
        assert "content-security-policy" not in found
        assert found["x-content-type-options"] == "nosniff"


def test_rate_limit(shared: Rig, site: Site) -> None:
    site.write(rate_limit={"interval": "1h", "burst": 3})
    with served(shared, site):
        codes = [site.get("/-/healthy").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]


def test_a_real_prometheus_scrapes_over_tls_with_a_password(shared: Rig, site: Site) -> None:
    site.write(
        tls_server_config=site.tls(site.authority.sign("server")),
        basic_auth_users={"prometheus": HASH},
    )
    with served(shared, site):
        job = {
            "job_name": "fairlead",
            "scheme": "https",
            "tls_config": {"ca_file": str(site.authority.ca)},
            "basic_auth": {"username": "prometheus", "password": PASSWORD},
            "static_configs": [{"targets": [site.url.removeprefix("https://")]}],
        }
        strangers = {**job, "job_name": "wrong", "basic_auth": {"username": "prometheus", "password": "wrong"}}
        config = site.folder / "prometheus.yml"
        config.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job, strangers]}))
        with prometheus(site.folder, config) as server:
            server.wait_ready()

            def up() -> dict[str, str]:
                result = get_json(f"{server.url}/api/v1/query?query=up")["data"]["result"]
                return {one["metric"]["job"]: one["value"][1] for one in result}

            eventually(lambda: up() == {"fairlead": "1", "wrong": "0"})
