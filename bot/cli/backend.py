"""`helpdesk backend check`: does a shop or payment provider keep the promises the desk relies on?"""

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from bot.backends import UnknownBackend, open_payments, open_shop
from bot.backends.kit import PAYMENTS_CHECKS, SHOP_CHECKS, KnownPayment, KnownShop, run_checks


@click.group()
def command() -> None:
    """Check shops and payment providers, yours and ours, with the same checks."""


@command.command()
@click.argument("name")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="what the class is made with")
@click.option("--email", help="a shop: address of a customer with orders")
@click.option("--other-email", help="a shop: address of another one, whose data must not be found")
@click.option("--slack", help="a shop: TEAM/USER of the first customer, if it knows Slack users")
@click.option("--payment", help="a provider: a payment of a TEST account; a few minor units of it are paid back")
@click.option("--currency", default="USD", show_default=True, help="the currency of that payment")
def check(
    name: str,
    options: tuple[str, ...],
    email: str | None,
    other_email: str | None,
    slack: str | None,
    payment: str | None,
    currency: str,
) -> None:
    """Check the backend NAME: one that ships, an entry point, or package.module:Class.

    With --email and --other-email it is checked as a shop, with --payment as a payment provider, which then
    really pays back: never give it a live key.
    """
    made_with = dict(option.partition("=")[::2] for option in options)
    if payment:
        known: Any = KnownPayment(payment, currency)
    elif email and other_email:
        team, _, user = (slack or "").partition("/")
        known = KnownShop(email, other_email, (team, user) if slack else None)
    else:
        raise click.UsageError("give --email and --other-email for a shop, or --payment for a payment provider")
    found = asyncio.run(_check(name, made_with, known))
    for sentence, trouble in found:
        click.echo(f"{'FAILED' if trouble else 'ok    '}  {sentence}" + (f": {trouble}" if trouble else ""))
    if any(trouble for _, trouble in found):
        raise SystemExit(1)


async def _check(name: str, options: Mapping[str, str], known: KnownShop | KnownPayment) -> list[tuple[str, str]]:
    is_shop = isinstance(known, KnownShop)
    try:
        backend: Any = (open_shop if is_shop else open_payments)(name, **options)
    except (UnknownBackend, TypeError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    checks: dict[str, Any] = SHOP_CHECKS if is_shop else PAYMENTS_CHECKS
    found = await run_checks(checks, backend, known)
    if hasattr(backend, "close"):
        await backend.close()
    return found
