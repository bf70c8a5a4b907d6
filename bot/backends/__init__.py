"""Shops and payment providers behind small ports; SHOPS and PAYMENTS name the ones that ship."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeVar

from agents_team.tools.shop import Shop
from bot.backends.http import HttpShop
from bot.backends.manual import ManualPayments
from bot.backends.none import NoPayments, NoShop
from bot.backends.payments import Payments
from bot.backends.sample_shop import SampleShop
from bot.backends.sql import SqlShop

Backend = TypeVar("Backend")


class UnknownBackend(ValueError):
    """The name in the settings means nothing; the message lists what would."""


def _stripe(**options: Any) -> Payments:
    # Imported only when it is chosen: Stripe's package is large.
    from bot.backends.stripe import StripePayments

    return StripePayments(**options)


SHOPS: Mapping[str, Callable[..., Shop]] = {"none": NoShop, "sample": SampleShop, "sql": SqlShop, "http": HttpShop}
PAYMENTS: Mapping[str, Callable[..., Payments]] = {"none": NoPayments, "stripe": _stripe, "manual": ManualPayments}
ENTRY_POINTS = {"shop": "helpdesk.shop", "payments": "helpdesk.payments"}
"""The groups under which other packages announce their backends; the name there is the name in the settings."""


def open_shop(name: str, **options: Any) -> Shop:
    """The shop called `name`, or the class at "package.module:Class", made with `options`. Raises UnknownBackend."""
    return _factory(name, SHOPS, "shop")(**options)


def open_payments(name: str, **options: Any) -> Payments:
    """The provider called `name`, or the class at "package.module:Class", as `open_shop` does it for shops."""
    return _factory(name, PAYMENTS, "payments")(**options)


def _factory(name: str, table: Mapping[str, Callable[..., Backend]], kind: str) -> Callable[..., Backend]:
    if name in table:
        return table[name]
    if announced := list(entry_points(group=ENTRY_POINTS[kind], name=name)):
        loaded: Callable[..., Backend] = announced[0].load()
        return loaded
    module_name, _, class_name = name.partition(":")
    if not class_name:
        others = {point.name for point in entry_points(group=ENTRY_POINTS[kind])}
        names = ", ".join(sorted({*table, *others}))
        raise UnknownBackend(f"{kind}.backend = {name!r} is neither one of {names} nor package.module:Class")
    try:
        found: Callable[..., Backend] = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise UnknownBackend(f"{kind}.backend = {name!r} cannot be imported: {error}") from error
    return found
