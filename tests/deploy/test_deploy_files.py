"""What is in deploy/ fits the program: manifest, container, units, chart, dashboard, alert rules."""

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.app import ROLES
from bot.cli.manifest import as_yaml
from bot.desk import Desk
from bot.numbers.metrics import METRICS
from bot.settings_load import load
from bot.staff.desk_verbs import DESK
from bot.web import app, probes
from channels.slack.manifest import ADDRESSES_OF_PEOPLE, EVENTS, METHODS, bot_scopes, manifest
from channels.slack.places import EVENTS as PLACES
from tests.deploy.small_helm import render

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
CHART = DEPLOY / "helm" / "helpdesk"
SLACK = Path(__file__).resolve().parents[2] / "channels" / "slack"


# ------------------------------------------------------------------ Slack


def methods_called() -> set[str]:
    """Every Web API method the Slack door calls, read off its source."""
    found = set()
    for file in SLACK.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner, name = ast.unparse(node.func.value), node.func.attr
                if owner.endswith("client") and re.fullmatch(r"[a-z]+(_[a-zA-Z]+)+", name) and _is_method(name):
                    found.add(name.replace("_", "."))
    return found


def _is_method(name: str) -> bool:
    from slack_sdk.web.async_client import AsyncWebClient

    return hasattr(AsyncWebClient, name)


def test_the_manifest_asks_for_what_the_code_calls_and_for_nothing_else() -> None:
    assert methods_called() | {"apps.connections.open"} == set(METHODS)


def test_the_manifest_names_the_events_that_are_understood() -> None:
    understood = "\n".join(file.read_text() for file in SLACK.glob("*.py") if file.name != "manifest.py")

    assert [event for event in EVENTS if f'"{event.partition(".")[0]}"' not in understood] == []
    assert EVENTS.keys() >= PLACES
    assert {"app_mention", "app_home_opened", "reaction_added", "message.im"} <= EVENTS.keys()


def test_every_shortcut_in_the_manifest_does_something_and_fits_into_slack() -> None:
    told = yaml.safe_load(as_yaml("Helpdesk"))["features"]["shortcuts"]

    assert {shortcut["callback_id"] for shortcut in told} <= DESK.keys()
    assert [shortcut["name"] for shortcut in told if len(shortcut["name"]) > 24] == []


def test_the_manifest_in_deploy_is_the_programs() -> None:
    assert (DEPLOY / "slack-manifest.yaml").read_text() == as_yaml("Helpdesk"), (
        "helpdesk manifest > deploy/slack-manifest.yaml"
    )


@pytest.mark.parametrize(("mode", "url"), [("socket", None), ("http", "https://helpdesk.example.com/slack/events")])
def test_a_manifest_fits_its_mode(mode: str, url: str | None) -> None:
    told = manifest("Helpdesk", mode=mode, request_url=url)

    assert told["settings"]["socket_mode_enabled"] is (mode == "socket")
    assert told["settings"]["event_subscriptions"].get("request_url") == url
    assert told["settings"]["interactivity"].get("request_url") == url
    assert set(told["oauth_config"]["scopes"]["bot"]) == bot_scopes()
    assert ADDRESSES_OF_PEOPLE in bot_scopes()


# ------------------------------------------------------------------ containers


def test_the_container_is_small_private_and_says_when_it_is_dead() -> None:
    said = (DEPLOY / "Dockerfile").read_text()
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("#")]

    assert sum(line.startswith("FROM") for line in lines) == 2
    assert re.search(r"^USER 10001", said, re.MULTILINE)
    assert "/livez" in said
    assert "HEALTHCHECK" in said
    assert json.loads(lines[-1].removeprefix("CMD ")) == ["run"]
    copied = {line.split()[1] for line in lines if line.startswith("COPY") and not line.startswith("COPY --from")}
    assert {"bot", "channels", "agents_team", "storage"} <= copied


COMPOSE = ["compose.yaml", "compose.postgres.yaml"]


@pytest.mark.parametrize("name", COMPOSE)
def test_a_composition_names_settings_roles_and_secrets_that_exist(name: str) -> None:
    told = yaml.safe_load((DEPLOY / name).read_text())
    ours = {key: service for key, service in told["services"].items() if service.get("image") == "helpdesk"}

    for service in ours.values():
        assert service["command"][0] == "run"
        assert service["command"][2:3] in ([], *([role] for role in ROLES))
        assert set(service["secrets"]) <= set(told["secrets"])
        assert service["cap_drop"] == ["ALL"]
        assert_settings_exist(dict.fromkeys(service["environment"], "/dev/null"))
    assert {volume for service in told["services"].values() for volume in _named(service)} == set(told["volumes"])


def _named(service: dict[str, Any]) -> set[str]:
    return {volume.partition(":")[0] for volume in service.get("volumes", []) if volume[0] not in "./"}


def assert_settings_exist(environment: dict[str, str]) -> None:
    """A variable nobody knows would stop the program, and say which."""
    from bot.settings_load import known_variables

    known = {*known_variables(), "HELPDESK_CONFIG"}
    assert [name for name in environment if name not in known and name.removesuffix("_FILE") not in known] == []


# ------------------------------------------------------------------ units


def test_the_units_are_valid_and_hardened() -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("NOT RUN: needs systemd-analyze")
    units = [str(DEPLOY / name) for name in ("helpdesk.service", "helpdesk-backup.service", "helpdesk-backup.timer")]
    said = subprocess.run([analyze, "verify", *units], capture_output=True, text=True).stderr

    # The program is not installed where the unit expects it on a machine that only runs its tests.
    wrong = [line for line in said.splitlines() if "is not executable" not in line and "deploy/helpdesk" in line]
    wrong += [line for line in said.splitlines() if line.startswith("helpdesk") and "is not executable" not in line]
    assert wrong == []
    unit = (DEPLOY / "helpdesk.service").read_text()
    for wanted in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "SystemCallFilter=@system-service",
    ):
        assert wanted in unit
    timeout = int(re.search(r"TimeoutStopSec=(\d+)", unit)[1])  # type: ignore[index]
    assert timeout >= 20, "running steps may finish"


@pytest.mark.parametrize("unit", ["helpdesk.service", "helpdesk-backup.service"])
def test_what_a_unit_may_reach_is_little(unit: str) -> None:
    """systemd's own rating of the hardening, 0.0 (nothing is exposed) to 10.0."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("NOT RUN: needs systemd-analyze")
    rating = [analyze, "security", "--offline=true", "--threshold=25", str(DEPLOY / unit)]
    done = subprocess.run(rating, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout.splitlines()[-1:]


# ------------------------------------------------------------------ chart


def rendered(**changes: Any) -> list[dict[str, Any]]:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for path, value in changes.items():
        *tables, name = path.split("__")
        inside = values
        for table in tables:
            inside = inside[table]
        inside[name] = value
    templates = sorted((CHART / "templates").glob("*.yaml"))
    documents = [document for file in templates for document in yaml.safe_load_all(render(file.read_text(), values))]
    return [document for document in documents if document]


def of_kind(documents: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [document for document in documents if document["kind"] == kind]


def test_the_chart_runs_every_role_with_settings_that_exist() -> None:
    documents = rendered()
    deployments = of_kind(documents, "Deployment")

    roles = {document["spec"]["template"]["spec"]["containers"][0]["args"][-1] for document in deployments}
    assert roles == set(ROLES) - {"all"}
    for document in documents:
        assert document["apiVersion"]
        assert document["metadata"]["name"].startswith("desk")
    for deployment in deployments:
        pod = deployment["spec"]["template"]
        wanted = deployment["spec"]["selector"]["matchLabels"].items()
        assert wanted <= pod["metadata"]["labels"].items()
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    [settings] = of_kind(documents, "ConfigMap")
    assert_settings_exist(settings["data"])
    load(environment={**settings["data"], "HELPDESK_CONFIG": "/dev/null"})


def test_only_web_is_served() -> None:
    documents = rendered()
    [service] = of_kind(documents, "Service")
    served = [
        document
        for document in of_kind(documents, "Deployment")
        if service["spec"]["selector"].items() <= document["spec"]["template"]["metadata"]["labels"].items()
    ]

    [web] = served
    assert web["metadata"]["name"] == "desk-web"


async def test_every_process_is_probed_where_it_answers(desk: Desk) -> None:
    containers = [
        document["spec"]["template"]["spec"]["containers"][0] for document in of_kind(rendered(), "Deployment")
    ]
    asked = {(c["livenessProbe"]["httpGet"]["path"], c["readinessProbe"]["httpGet"]["path"]) for c in containers}
    [settings] = of_kind(rendered(), "ConfigMap")
    ports = {int(settings["data"][f"HELPDESK_HTTP__{name}"]) for name in ("PORT", "PROBE_PORT")}

    assert ports == {port["containerPort"] for c in containers for port in c["ports"]}
    for program in (app(desk), probes(desk)):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(program), base_url="http://desk") as browser:
            answers = {(await browser.get(path)).status_code for pair in asked for path in pair}
            assert {200} <= answers <= {200, 503}


def test_the_console_of_the_chart_is_reached_at_its_address_alone() -> None:
    documents = rendered(ingress__enabled=True, console__publicUrl="https://desk.example.com")
    [ingress], [settings] = of_kind(documents, "Ingress"), of_kind(documents, "ConfigMap")

    assert settings["data"]["HELPDESK_CONSOLE__PUBLIC_URL"] == "https://desk.example.com"
    assert_settings_exist(settings["data"])
    assert "/console" in {path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]}


def test_from_outside_only_what_others_call_can_be_reached() -> None:
    documents = rendered(ingress__enabled=True, ingress__tlsSecret="tls", metrics__serviceMonitor=True)
    [ingress] = of_kind(documents, "Ingress")

    paths = {path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]}
    assert paths == {"/slack/events", "/payments/webhook"}
    assert of_kind(documents, "ServiceMonitor")[0]["spec"]["endpoints"][0]["path"] == "/metrics"
    assert of_kind(rendered(), "Ingress") == []


def test_a_single_process_needs_no_disruption_budget() -> None:
    budgets = of_kind(rendered(roles__mail__replicas=1), "PodDisruptionBudget")
    assert {budget["metadata"]["name"] for budget in budgets} == {"desk-web", "desk-worker", "desk-slack"}


# ------------------------------------------------------------------ Grafana and Prometheus

_METRIC = re.compile(r"\bhelpdesk_[a-z_]+")


def exposed() -> set[str]:
    """The names as Prometheus sees them."""
    return {f"{name}_total" if metric.kind == "counter" else name for name, metric in METRICS.items()}


def test_the_dashboard_and_the_rules_ask_for_metrics_that_exist() -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]

    assert len(asked) > 20
    unknown = {name for text in asked for name in _METRIC.findall(text)} - exposed()
    assert unknown == set()
    shown = {
        name for panel in dashboard["panels"] for target in panel["targets"] for name in _METRIC.findall(target["expr"])
    }
    assert exposed() - shown == set(), "a metric nobody looks at"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_labels_in_the_rules_exist() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            for name, label in re.findall(r"(helpdesk_[a-z_]+)\{(\w+)", rule["expr"]):
                assert label in METRICS[name.removesuffix("_total")].labels
