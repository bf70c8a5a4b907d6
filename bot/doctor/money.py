"""Checks of money: the provider's key, what policy lets through, and the shop that knows the orders."""

from agents_team.tools.shop import ShopUnavailable
from bot.actions.rules import rules_of
from bot.backends.payments import PaymentsUnavailable
from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from bot.errors import SettingsError
from bot.policy.money import minor_units, say
from bot.policy.refund_rules import RefundRules
from bot.settings import RefundPolicySettings
from bot.wiring import make_payments, make_shop

NO_CHARGE = "ch_helpdesk_doctor"
"""A charge nobody has: asking for it needs the right to read charges and tells us nothing about anybody."""
DASHBOARD = "dashboard.stripe.com → Developers → API keys → Create restricted key: Charges read, Refunds write"


async def payments(patient: Patient) -> list[Finding]:
    """The provider answers our key; a full secret key is more than the desk should hold."""
    chosen = patient.settings.payments
    if chosen.backend == "none":
        return [note("no payment provider: people make refunds elsewhere", 'set payments.backend = "stripe"')]
    try:
        provider = make_payments(chosen)
    except SettingsError as trouble:
        return [error(str(trouble), f"edit {patient.file}")]
    try:
        await provider.get_payment(NO_CHARGE)
    except PaymentsUnavailable as trouble:
        return [error(str(trouble), DASHBOARD if chosen.backend == "stripe" else "see whether it can be reached")]
    finally:
        await provider.close()
    if chosen.backend != "stripe":
        return [ok(f"{chosen.backend} answers")]
    return [ok("Stripe answers our key"), *_key(patient)]


def _key(patient: Patient) -> list[Finding]:
    """What kind of key it is, and whether Stripe may tell us what happens later."""
    chosen = patient.settings.payments.stripe
    key = chosen.api_key.get_secret_value() if chosen.api_key else ""
    found = [note("a test key: no real money moves", DASHBOARD)] if "_test_" in key else [ok("a live key")]
    if not key.startswith("rk_") and "_test_" not in key:
        found.append(warning("this key may do everything at Stripe", DASHBOARD))
    if chosen.webhook_secret is None:
        found.append(note("payments.stripe.webhook_secret is not set: late failures are seen only by asking"))
    return found


async def policy(patient: Patient) -> list[Finding]:
    """The limits make sense together."""
    chosen = patient.settings.policy.refund
    rules = rules_of(chosen)
    for currency, limits in rules.limits.items():
        if limits.automatic > limits.approval:
            fix = f"lower policy.refund.automatic_limit, or policy.refund.limits.{currency}.automatic"
            return [error(f"automatic_limit is above approval_limit for {currency}", fix)]
    if nobody := _nobody_may(chosen, rules):
        return [warning(nobody, "raise one limit in policy.refund.roles, or lower policy.refund.approval_limit")]
    limits = rules.limits["USD"]
    words = f"automatic up to {say(limits.automatic, 'USD')}, two people above {say(limits.approval, 'USD')}"
    return [ok(f"preset {chosen.preset}: {words}, within {rules.window_days} days")]


def _nobody_may(chosen: RefundPolicySettings, rules: RefundRules) -> str:
    """What no role is allowed to approve, in dollars and in the currencies the settings name; "" when all is well."""
    named = {"USD", *chosen.limits, *(currency for role in chosen.roles.values() for currency in role.limits)}
    for currency in sorted(named & rules.limits.keys()):
        sought = rules.limits[currency].approval
        largest = max(
            (minor_units(role.limit_in(currency), currency) for role in chosen.roles.values()), default=sought
        )
        if largest < sought:
            most = say(largest, currency)
            return f"no role may approve more than {most}: refunds up to {say(sought, currency)} find nobody"
    return ""


async def shop(patient: Patient) -> list[Finding]:
    """The shop can be asked, and does not know a stranger."""
    chosen = patient.settings.shop
    if chosen.backend == "none":
        return [note("no shop: nobody's orders can be looked up", "set shop.backend to a class of yours")]
    try:
        backend = make_shop(chosen)
        stranger = await backend.find_customer(email="nobody@doctor.invalid")
    except SettingsError as trouble:
        return [error(str(trouble), f"edit {patient.file}")]
    except ShopUnavailable as trouble:
        return [error(f"the shop does not answer: {trouble}", "see whether its server runs")]
    if stranger is not None:
        what = f"the shop says that nobody@doctor.invalid is customer {stranger.id}"
        return [error(what, "find_customer must return None for addresses it does not know")]
    if chosen.backend == "sample":
        return [note("the sample shop: made-up customers and orders", "set shop.backend to a class of yours")]
    return [ok(f"{chosen.backend} answers")]
