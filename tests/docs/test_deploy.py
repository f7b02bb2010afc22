"""Unit and manifests: valid, and true to the program, the image and the rules."""

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead.api.server import create_server
from tests.support import rules
from tests.support.cli import understood

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "exporter" / "deploy"
PAGE = (ROOT / "exporter" / "docs" / "deploy.md").read_text()
PROGRAM = "/opt/fairlead/bin/fairlead"


def manifests() -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yml").read_text())}


def monitor() -> Any:
    return yaml.safe_load((DEPLOY / "servicemonitor.yml").read_text())


def unit() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "fairlead.service")
    return parser


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / "fairlead.service"
    copy.write_text((DEPLOY / "fairlead.service").read_text().replace(PROGRAM, str(shutil.which("true"))))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, [line for line in done.stderr.splitlines() if copy.name in line]) == (0, [])


def test_the_unit_runs_commands_that_exist() -> None:
    service = unit()["Service"]
    for key in ("ExecStartPre", "ExecStart"):
        program, *words = shlex.split(service[key])
        assert program == PROGRAM
        understood(words)
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


def test_commands_of_the_page_exist() -> None:
    commands = re.findall(r"(?:^|[ /])(fairlead (?:rules|baseline|db|check-config) .*)", PAGE, re.MULTILINE)
    shell = [line for line in commands if "`" not in line]
    assert len(shell) == 3
    for line in shell:
        understood(shlex.split(line)[1:])


def test_files_of_the_page_exist() -> None:
    for name in re.findall(r"(exporter/deploy/\S+?\.(?:yml|service))", PAGE):
        assert (ROOT / name).is_file()


def test_the_deployment_is_what_the_service_and_the_image_say() -> None:
    found = manifests()
    deployment, service, claim = found["Deployment"], found["Service"], found["PersistentVolumeClaim"]
    pod = deployment["spec"]["template"]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
    (container,) = pod["spec"]["containers"]
    understood(list(container["args"]))
    (port,) = container["ports"]
    (exposed,) = service["spec"]["ports"]
    assert (port["name"], exposed["targetPort"], exposed["port"]) == ("http", "http", port["containerPort"])
    dockerfile = (ROOT / "exporter" / "Dockerfile").read_text()
    assert f"EXPOSE {port['containerPort']}\n" in dockerfile
    assert f"--web.listen-address=:{port['containerPort']}" in container["args"]
    security = pod["spec"]["securityContext"]
    assert f"USER {security['runAsUser']}:{security['runAsGroup']}\n" in dockerfile
    routes = set(create_server(None).openapi()["paths"])  # type: ignore[arg-type]  # no route is called
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"]
        assert container[probe]["httpGet"]["path"] in routes
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert volumes.keys() == {mount["name"] for mount in container["volumeMounts"]}
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_the_monitor_scrapes_as_the_configuration_of_prometheus() -> None:
    found, service = monitor(), manifests()["Service"]
    (scrape,) = rules.load(rules.CONFIG)["scrape_configs"]
    assert service["metadata"]["name"] == scrape["job_name"]
    assert found["spec"]["selector"]["matchLabels"] == service["metadata"]["labels"]
    (endpoint,) = found["spec"]["endpoints"]
    assert endpoint["port"] == service["spec"]["ports"][0]["name"]
    assert endpoint["interval"] == rules.load(rules.CONFIG)["global"]["scrape_interval"]
    limits = ("sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit")
    for limit in limits:
        first, *words = limit.split("_")
        assert found["spec"][first + "".join(map(str.title, words))] == scrape[limit]


def test_external_labels_of_the_page_are_those_of_the_rules() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    (spec,) = [block["spec"] for block in blocks if "spec" in block]
    assert spec["externalLabels"].keys() == rules.load(rules.CONFIG)["global"]["external_labels"].keys()
