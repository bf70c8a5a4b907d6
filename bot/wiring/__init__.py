"""Turns settings into the parts of a desk: one function a part, one file a kind of part, nothing started yet."""

from bot.wiring.backends import make_payments, make_shop
from bot.wiring.mail import mail_config
from bot.wiring.slack import slack_config
from bot.wiring.team import EVERY_KIND, make_mcp, make_team, model_prices, team_config, team_for_eval

__all__ = [
    "EVERY_KIND",
    "mail_config",
    "make_mcp",
    "make_payments",
    "make_shop",
    "make_team",
    "model_prices",
    "slack_config",
    "team_config",
    "team_for_eval",
]
