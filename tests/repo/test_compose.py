"""docker-compose.yml: valid for Compose, pinned, hardened, and in step with the configuration files it mounts."""

import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import fairlead

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PLUGIN = "/usr/libexec/docker/cli-plugins/docker-compose"
each_service = pytest.mark.parametrize("name", SERVICES)


def _compose() -> list[str]:
    """The Compose plugin of docker, else the program of the same name."""
    if shutil.which("docker"):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if plugin.returncode == 0:
            return ["docker", "compose"]
    program = shutil.which("docker-compose") or shutil.which(PLUGIN)
    assert program is not None, "docker compose: not found; install the package docker-compose"
    return [program]


@pytest.mark.parametrize("options", [[], ["--profile", "demo"]], ids=["default", "demo"])
def test_compose_accepts_it(options: list[str]) -> None:
    command = [*_compose(), "--file", str(ROOT / "docker-compose.yml"), *options, "config"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    rendered = yaml.safe_load(result.stdout)["services"]
    assert {"fairlead", "prometheus", "alertmanager", "grafana"} <= set(rendered)
    assert "mail" in rendered or not options


def test_only_the_mail_catcher_is_for_the_demo() -> None:
    assert {name: service.get("profiles") for name, service in SERVICES.items()} == {
        "fairlead": None,
        "prometheus": None,
        "alertmanager": None,
        "grafana": None,
        "mail": ["demo"],
    }


@each_service
def test_image_is_pinned(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_own_image_carries_the_version() -> None:
    assert SERVICES["fairlead"]["image"] == f"fairlead:{fairlead.__version__}"


@each_service
def test_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"]), "must be a number other than root's"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - a folder in the container
    assert service["restart"] == "unless-stopped"
    assert "privileged" not in service
    assert "network_mode" not in service


@each_service
def test_service_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(check)


@each_service
def test_ports_are_published_on_loopback(name: str) -> None:
    for port in SERVICES[name]["ports"]:
        assert port.startswith("${BIND_ADDRESS:-127.0.0.1}:"), port


@each_service
def test_only_named_volumes_can_be_written(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        if isinstance(volume, str):
            assert volume.split(":")[0] in COMPOSE["volumes"]
        else:
            assert volume["read_only"] is True, volume["source"]


def test_every_volume_is_used() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {volume.split(":")[0] for volume in volumes if isinstance(volume, str)} == set(COMPOSE["volumes"])


def test_mounted_folders_exist() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    sources = {volume["source"] for volume in volumes if not isinstance(volume, str)}
    own = {source for source in sources if not source.startswith("${FAIRLEAD_")}
    assert own == {"./rules", "./alertmanager", "./grafana/provisioning", "./grafana/dashboards"}
    assert all((ROOT / source).is_dir() for source in own)


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("prometheus", "--rules.alert.for-grace-period=30s"),
        ("prometheus", "--storage.tsdb.retention.time=90d"),
        ("alertmanager", "--data.maintenance-interval=1m"),
    ],
)
def test_launch_flags(name: str, flag: str) -> None:
    assert flag in SERVICES[name]["command"]


def test_services_find_each_other() -> None:
    prometheus = yaml.safe_load((ROOT / "rules" / "prometheus.yml").read_text())
    targets = [scrape["static_configs"][0]["targets"] for scrape in prometheus["scrape_configs"]]
    targets += [manager["static_configs"][0]["targets"] for manager in prometheus["alerting"]["alertmanagers"]]
    alertmanager = (ROOT / "alertmanager" / "alertmanager.yml").read_text()
    smarthost = yaml.safe_load(alertmanager)["global"]["smtp_smarthost"]
    webhook = re.search(r"http://(fairlead:\d+)/api/v1/alerts/webhook", alertmanager)
    assert webhook is not None
    reached = {*(address for one in targets for address in one), smarthost, webhook[1]}
    listening = {f"{name}:{port.split(':')[-1]}" for name, service in SERVICES.items() for port in service["ports"]}
    assert reached == {"fairlead:10171", "alertmanager:9093", "mail:1025"}
    assert reached <= listening


def test_secrets_are_those_that_are_read() -> None:
    read = {
        name: set(re.findall(r"/run/secrets/(\w+)", text))
        for name, text in {
            "fairlead": str(yaml.safe_load((ROOT / "exporter" / "fairlead.example.yml").read_text())),
            "alertmanager": (ROOT / "alertmanager" / "alertmanager.yml").read_text(),
            "grafana": str(SERVICES["grafana"]["environment"]),
        }.items()
    }
    assert {name: set(service["secrets"]) for name, service in SERVICES.items() if "secrets" in service} == read
    assert set(COMPOSE["secrets"]) == set().union(*read.values())


def test_alertmanager_shows_the_secret_that_fairlead_asks_for() -> None:
    example = yaml.safe_load((ROOT / "exporter" / "fairlead.example.yml").read_text())
    (asked,) = [token["file"] for token in example["access"]["tokens"] if token["role"] == "alertmanager"]
    shown = yaml.safe_load((ROOT / "alertmanager" / "alertmanager.yml").read_text())
    (webhook,) = [
        one for receiver in shown["receivers"] if receiver["name"] == "fairlead" for one in receiver["webhook_configs"]
    ]
    assert webhook["http_config"]["authorization"]["credentials_file"] == asked


def test_secrets_are_made_once(tmp_path: Path) -> None:
    script = tmp_path / "tools" / "secrets"
    script.parent.mkdir()
    shutil.copy(ROOT / "tools" / "secrets", script)
    first = subprocess.run([script], capture_output=True, text=True, check=True)
    folder = tmp_path / "secrets"
    made = {path.name: path.read_text() for path in folder.iterdir()}
    wanted = {Path(secret["file"]) for secret in COMPOSE["secrets"].values()}
    assert {Path("secrets") / name for name in made} == wanted
    assert all(made.values())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(text not in first.stdout for name, text in made.items() if not name.endswith("_url"))
    second = subprocess.run([script], capture_output=True, text=True, check=True)
    assert second.stdout == ""
    assert {path.name: path.read_text() for path in folder.iterdir()} == made
