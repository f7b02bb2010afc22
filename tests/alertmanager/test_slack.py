"""Slack through fairlead: the alternative receivers are the shipped ones but for where and how they send."""

from typing import Any

from fairlead.demo.alertmanager_config import load
from tests.support.alertmanager import CONFIG, FOLDER

ADDRESSES = {
    "/run/secrets/slack_ml_monitoring_url": "ml-monitoring",
    "/run/secrets/slack_engineering_url": "engineering",
}


def through_fairlead(receiver: dict[str, Any]) -> dict[str, Any]:
    (slack,) = receiver["slack_configs"]
    name = ADDRESSES[slack.pop("api_url_file")]
    slack |= {
        "api_url": f"http://fairlead:10171/api/v1/alerts/slack/{name}",
        "http_config": {"authorization": {"credentials_file": "/run/secrets/fairlead_webhook_token"}},
        "callback_id": '{{ template "fairlead.slack.about" . }}',
    }
    return receiver


def test_only_the_way_is_another() -> None:
    shipped = [through_fairlead(one) for one in load(CONFIG)["receivers"] if "slack_configs" in one]
    assert load(FOLDER / "slack-fairlead.yml")["receivers"] == shipped
