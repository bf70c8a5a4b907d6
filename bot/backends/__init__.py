"""Shops and payment providers behind small ports; SHOPS and PAYMENTS name the ones that ship."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from agents_team.tools.shop import Shop
from bot.backends.none import NoPayments, NoShop
from bot.backends.payments import Payments
from bot.backends.sample_shop import SampleShop

Backend = TypeVar("Backend")


class UnknownBackend(ValueError):
    """The name in the settings means nothing; the message lists what would."""


def _stripe(**options: Any) -> Payments:
    # Imported only when it is chosen: Stripe's package is large.
    from bot.backends.stripe import StripePayments

    return StripePayments(**options)


SHOPS: Mapping[str, Callable[..., Shop]] = {"none": NoShop, "sample": SampleShop}
PAYMENTS: Mapping[str, Callable[..., Payments]] = {"none": NoPayments, "stripe": _stripe}


def open_shop(name: str, **options: Any) -> Shop:
    """The shop called `name`, or the class at "package.module:Class", made with `options`. Raises UnknownBackend."""
    return _factory(name, SHOPS, "shop")(**options)


def open_payments(name: str, **options: Any) -> Payments:
    """The provider called `name`, or the class at "package.module:Class", as `open_shop` does it for shops."""
    return _factory(name, PAYMENTS, "payments")(**options)


def _factory(name: str, table: Mapping[str, Callable[..., Backend]], kind: str) -> Callable[..., Backend]:
    if name in table:
        return table[name]
    module_name, _, class_name = name.partition(":")
    if not class_name:
        names = ", ".join(sorted(table))
        raise UnknownBackend(f"{kind}.backend = {name!r} is neither one of {names} nor package.module:Class")
    try:
        found: Callable[..., Backend] = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise UnknownBackend(f"{kind}.backend = {name!r} cannot be imported: {error}") from error
    return found
