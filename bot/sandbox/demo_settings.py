"""The settings that turn the ordinary program into the demo: nothing but addresses and sandbox secrets. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]

STAFF_CHANNEL = "helpdesk-approvals"
CUSTOMER_CHANNEL = "acme-support"
APPROVERS = "approvers"
# Nothing that leads out of this machine, and no settings of another desk.
WITHHELD = ("HELPDESK_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_")


@dataclass(frozen=True, slots=True)
class Servers:
    """What the sandbox servers said when they came up, and the ports for the desk's own SMTP and HTTP doors."""

    slack: Json
    mail: Json
    payments: Json
    smtp_in_port: int
    http_port: int = 0


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """An OpenAI-compatible endpoint instead of the offline model."""

    url: str
    name: str
    key: str


def clean_environment(outside: Mapping[str, str]) -> dict[str, str]:
    """`outside` without settings of a desk, proxies and keys."""
    return {name: value for name, value in outside.items() if not name.upper().startswith(WITHHELD)}


def desk_settings(servers: Servers, folder: Path, model: ModelChoice | None = None) -> dict[str, str]:
    """HELPDESK_… variables for `helpdesk run`, which keeps its data in `folder`."""
    settings = {
        "DATABASE__URL": f"sqlite:///{folder / 'helpdesk.db'}",
        "DESK__QUIET_SECONDS": "0.6",
        # The same after a crash, so that an open page of the console goes on working.
        "HTTP__PORT": str(servers.http_port),
        "SHOP__BACKEND": "sample",
        **_slack(servers.slack),
        **_mail(servers.mail, servers.smtp_in_port),
        "PAYMENTS__BACKEND": "stripe",
        "PAYMENTS__STRIPE__API_BASE": servers.payments["url"],
        "PAYMENTS__STRIPE__API_KEY": "sk_test_sandbox",
        **_model(model),
    }
    return {f"HELPDESK_{name}": value for name, value in settings.items()}


def _slack(ready: Json) -> dict[str, str]:
    return {
        "SLACK__API_URL": ready["api_url"],
        "SLACK__BOT_TOKEN": ready["bot_token"],
        "SLACK__APP_TOKEN": ready["app_token"],
        "SLACK__CLIENT_ID": ready["client_id"],
        "SLACK__CLIENT_SECRET": ready["client_secret"],
        "SLACK__STAFF_CHANNEL": ready["channels"][STAFF_CHANNEL],
        "SLACK__APPROVERS": ready["usergroups"][APPROVERS],
        # Everything is on this machine, so a lost call cannot be long on its way.
        "SLACK__DOUBT_SECONDS": "2",
    }


def _mail(ready: Json, smtp_in_port: int) -> dict[str, str]:
    return {
        "MAIL__ADDRESS": ready["address"],
        "MAIL__SECRET": "sandbox-mail-secret",
        "MAIL__TRUSTED_AUTHSERV_IDS": ready["authserv_id"],
        "MAIL__DOUBT_SECONDS": "2",
        "MAIL__SMTP_IN__PORT": str(smtp_in_port),
        "MAIL__SMTP_IN__PROTOCOL": "smtp",
        "MAIL__SMTP_OUT__HOST": "127.0.0.1",
        "MAIL__SMTP_OUT__PORT": str(ready["smtp_port"]),
        "MAIL__SMTP_OUT__TLS": "none",
        "MAIL__SMTP_OUT__USER": ready["address"],
        "MAIL__SMTP_OUT__PASSWORD": ready["password"],
        "MAIL__IMAP__main__HOST": "127.0.0.1",
        "MAIL__IMAP__main__PORT": str(ready["imap_port"]),
        "MAIL__IMAP__main__TLS": "none",
        "MAIL__IMAP__main__USER": ready["address"],
        "MAIL__IMAP__main__PASSWORD": ready["password"],
        "MAIL__IMAP__main__POLL_SECONDS": "5",
        "MAIL__IMAP__main__START": "all",
        "MAIL__SENT__MAILBOX": "main",
    }


def _model(choice: ModelChoice | None) -> dict[str, str]:
    if choice is None:
        return {"MODEL__PROVIDER": "offline"}
    return {
        "MODEL__PROVIDER": "openai",
        "MODEL__BASE_URL": choice.url,
        "MODEL__API_KEY": choice.key,
        "MODEL__NAME": choice.name,
        "MODEL__ROUTER_NAME": choice.name,
        "MODEL__API": "chat_completions",
    }
