"""The report of a period: its figures, the period before it, and what another model would have cost."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from agents_team.prices import ModelPrice, cost_micros, price_of
from bot.numbers.certificate import certify
from bot.numbers.figures import ALWAYS, escalation_reasons, figures, tokens_by_model
from bot.policy.hours import OpenHours
from bot.settings import NumbersSettings
from storage.jobs import Jobs

MICROS = 1_000_000
SHOWN_CHANGES = ("tickets", "deflection_rate", "escalation_rate", "first_answer_p95", "csat_rate", "micros_per_ticket")


class UnknownPrice(ValueError):
    """Neither a model of the price table nor three amounts."""


def report(
    tx: Session,
    jobs: Jobs,
    now: datetime,
    *,
    days: int,
    settings: NumbersSettings,
    price: str | None = None,
    calendar: OpenHours = ALWAYS,
    own_prices: Mapping[str, ModelPrice] = MappingProxyType({}),
) -> dict[str, Any]:
    """The last `days` days until now. Raises UnknownPrice when `price` cannot be understood."""
    since = now - timedelta(days=days)
    found = figures(tx, since, now, now, settings, calendar)
    found["lost"] = len(certify(tx, jobs, now, days=days).lost)
    before = figures(tx, since - timedelta(days=days), since, now, settings, calendar)
    models = tokens_by_model(tx, since, now)
    result: dict[str, Any] = {
        "since": since.isoformat(timespec="seconds"),
        "until": now.isoformat(timespec="seconds"),
        "figures": found,
        "before": {name: before[name] for name in SHOWN_CHANGES},
        "escalation_reasons": escalation_reasons(tx, since, now),
        "models": models,
    }
    if price is not None:
        result["what_if"] = what_if(found, read_price(price, own_prices), price)
    return result


def read_price(text: str, own: Mapping[str, ModelPrice] = MappingProxyType({})) -> ModelPrice:
    """A model's name, or dollars per million tokens as "input,cached,output": "0.25,0.025,2"."""
    known = price_of(text, own)
    if known is not None:
        return known
    parts = text.split(",")
    try:
        amounts = [int(Decimal(part) * MICROS) for part in parts]
    except (InvalidOperation, ValueError, OverflowError):
        amounts = []
    if len(amounts) != 3 or min(amounts) < 0:
        raise UnknownPrice(f"{text}: neither a model with a known price nor INPUT,CACHED,OUTPUT dollars per million")
    return ModelPrice(*amounts)


def what_if(found: dict[str, Any], price: ModelPrice, name: str) -> dict[str, Any]:
    """The same tokens at another price: a bound, because another model would use other numbers of tokens."""
    micros = cost_micros(
        price,
        input_tokens=found["input_tokens"],
        cached_tokens=found["cached_tokens"],
        output_tokens=found["output_tokens"],
    )
    tickets, verified = found["tickets"], found["verified"]
    return {
        "price": name,
        "model_micros": micros,
        "micros_per_ticket": micros // tickets if tickets else None,
        "model_micros_per_verified": micros // verified if verified else None,
    }


def as_text(told: dict[str, Any]) -> str:
    """For a terminal and for the digest."""
    found, before = told["figures"], told["before"]
    lines = [f"{told['since']} to {told['until']}"]
    for name, value in found.items():
        change = f"   (before: {shown(name, before[name])})" if name in before else ""
        lines.append(f"  {name:24} {shown(name, value)}{change}")
    for title, rows in (("Why people were asked", told["escalation_reasons"]),):
        lines += [f"{title}:"] + [f"  {count:5}  {reason}" for reason, count in rows.items()] if rows else []
    for row in told["models"]:
        lines.append(f"{row['model']}: {row['calls']} calls, {dollars(row['micros'])}")
    if "what_if" in told:
        other = told["what_if"]
        lines.append(
            f"At the price of {other['price']}: {dollars(other['model_micros'])} in all, "
            f"{dollars(other['micros_per_ticket'])} a ticket, "
            f"{dollars(other['model_micros_per_verified'])} a verified one"
        )
    return "\n".join(lines)


def shown(name: str, value: Any) -> str:
    """One figure for people: shares in per cent, money in dollars, "-" where nothing can be said."""
    if value is None:
        return "-"
    if name.endswith("_rate"):
        return f"{value * 100:.1f} %"
    if "micros" in name:
        return dollars(value)
    if name.endswith(("_p50", "_p90", "_p95")):
        return f"{value:.1f} s"
    if isinstance(value, dict):
        return ", ".join(f"{amount} {unit}" for unit, amount in value.items()) or "0"
    return str(value)


def dollars(micros: int | None) -> str:
    """Millionths of a dollar as "0.0123 USD"."""
    return "-" if micros is None else f"{Decimal(micros) / MICROS:.4f} USD"
