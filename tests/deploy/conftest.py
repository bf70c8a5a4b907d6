"""The desk of the tests of the bot, for the paths it serves."""

from tests.bot.conftest import desk, desk_settings, desk_url, town

__all__ = ["desk", "desk_settings", "desk_url", "town"]
