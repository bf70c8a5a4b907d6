"""The shop and the payment provider that the settings name."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents_team.tools.shop import Shop
from bot.backends import open_payments, open_shop
from bot.backends.http import ADDRESSES
from bot.backends.payments import Payments
from bot.backends.sql import QUERIES
from bot.errors import SettingsError
from bot.settings import (
    PaymentsSettings,
    ShopSettings,
)
from bot.wiring.secrets import open_secret

if TYPE_CHECKING:
    pass


def make_payments(settings: PaymentsSettings) -> Payments:
    """The payment provider. Raises SettingsError when it is unknown or lacks its key."""
    options: dict[str, Any] = {}
    if settings.backend == "stripe":
        if settings.stripe.api_key is None:
            raise SettingsError("payments.stripe.api_key: must be set; a restricted key is enough")
        options = {
            "api_key": open_secret(settings.stripe.api_key),
            "api_base": settings.stripe.api_base,
            "webhook_secret": open_secret(settings.stripe.webhook_secret),
            "timeout_seconds": settings.stripe.timeout_seconds,
        }
    if settings.backend == "manual":
        options = {"link": settings.manual.link}
    try:
        return open_payments(settings.backend, **options)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def make_shop(settings: ShopSettings) -> Shop:
    """The shop. Raises SettingsError when it is unknown or its settings do not fit together."""
    try:
        return open_shop(settings.backend, **_shop_options(settings))
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _shop_options(settings: ShopSettings) -> dict[str, Any]:
    """What the shops that ship are made with; one of somebody else's reads its own settings."""
    sql, http = settings.sql, settings.http
    if settings.backend == "sample":
        return {"state_file": settings.sample_state}
    if settings.backend == "sql":
        if sql.dsn is None:
            raise SettingsError("shop.sql.dsn: must be set, to a user who may only read")
        queries = {name: getattr(sql, name) for name in QUERIES}
        limits = {"timeout_seconds": sql.timeout_seconds, "row_limit": sql.row_limit}
        return {"dsn": open_secret(sql.dsn), "queries": queries, **limits}
    if settings.backend == "http":
        return {
            "addresses": {name: getattr(http, name) for name in ADDRESSES},
            "hosts": http.hosts,
            "private_hosts": http.private_hosts,
            "token": open_secret(http.token),
            "timeout_seconds": http.timeout_seconds,
            "max_bytes": http.max_bytes,
            "fields": http.fields,
        }
    return {}


def folder_of(name: str, chosen: str | None) -> Path | None:
    if chosen is None:
        return None
    if not Path(chosen).is_dir():
        raise SettingsError(f"{name}: {chosen} is not a folder")
    return Path(chosen)
