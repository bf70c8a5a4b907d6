"""A desk with open doors, and the command line on its database."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from tests.desk_fixtures import desk, desk_settings, desk_url, plain_logs, town

__all__ = ["desk", "desk_settings", "desk_url", "plain_logs", "town"]

Helpdesk = Callable[..., Awaitable[Result]]


@pytest.fixture
def helpdesk(desk: Desk, desk_url: str, town: PaymentsTown) -> Helpdesk:
    """Runs `helpdesk …` on the desk's database, as an operator does beside the running program."""

    async def run(*arguments: str, code: int = 0, env: Mapping[str, str] | None = None, **more: Any) -> Result:
        environment = {
            "HELPDESK_CONFIG": "/dev/null",
            "HELPDESK_DATABASE__URL": desk_url,
            "HELPDESK_SHOP__BACKEND": "sample",
            "HELPDESK_PAYMENTS__BACKEND": "stripe",
            "HELPDESK_PAYMENTS__STRIPE__API_KEY": "sk_test_sandbox",
            "HELPDESK_PAYMENTS__STRIPE__API_BASE": town.url,
            **(env or {}),
        }
        result = await asyncio.to_thread(CliRunner().invoke, cli, list(arguments), env=environment, **more)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run
