"""Signs of abuse: what in a customer's history makes a person look before money goes out."""

import re
from dataclasses import dataclass

from bot.policy.money import say


@dataclass(frozen=True, slots=True)
class History:
    """What the books say about a customer, amounts in minor units of the currency that is asked for now.

    `refunds` and `refunded_minor` are what was given back within `days`, `spent_minor` what they paid in all that the
    shop shows. `account_days` is None when the shop does not say. `orders_inside` is whether a message of this
    conversation gave orders to the bot (agents_team.guardrails.injection).
    """

    refunds: int = 0
    refunded_minor: int = 0
    spent_minor: int = 0
    currency: str = ""
    days: int = 90
    account_days: int | None = None
    first_contact: bool = False
    orders_inside: bool = False


@dataclass(frozen=True, slots=True)
class SignRules:
    """From `refunds` given back, or when more than `share` of at least two refunds' spend came back, a person looks.

    So does one for accounts younger than `account_days`.
    """

    refunds: int = 3
    share: float = 0.5
    account_days: int = 0


def signs_of_abuse(history: History, rules: SignRules) -> tuple[str, ...]:
    """Every sign there is, each in a sentence for staff."""
    found = []
    if rules.refunds and history.refunds >= rules.refunds:
        given = say(history.refunded_minor, history.currency)
        found.append(f"{history.refunds} refunds ({given}) in {history.days} days.")
    elif history.refunds > 1 and history.refunded_minor > rules.share * history.spent_minor:
        found.append(f"{share_words(history)} came back in {history.days} days.")
    if history.account_days is not None and history.account_days < rules.account_days:
        found.append(f"The account is {history.account_days} days old.")
    if history.orders_inside:
        found.append("A message of this conversation gave orders to the bot.")
    return tuple(found)


def share_words(history: History) -> str:
    """ "99.00 USD of 412.00 USD spent (24 %)" """
    spent, given = history.spent_minor, history.refunded_minor
    percent = f" ({100 * given // spent} %)" if spent else ""
    return f"{say(given, history.currency)} of {say(spent, history.currency)} spent{percent}"


_TWICE = (
    r"duplicat\w*|twice|double[- ]?(?:charg|bill|pa)\w*|charged again|billed again|two times|2x|"
    r"doppelt\w*|zweimal|zwei ?mal|deux fois|double d[ée]bit|en double|dos veces|doble cobro|duplicad\w*|"
    r"due volte|doppi[oa] addebito|dubbel\w*|twee keer|duas vezes|dwukrotnie|два раза|дважды|двічі|iki kez|"
    r"二重|重複|两次|重复|兩次|두 번|이중"
)
_CLAIM = re.compile(rf"(?<!\w)(?:{_TWICE})", re.IGNORECASE)


def claims_double_charge(reason: str) -> bool:
    """Whether the reason says that one thing was paid twice, in the languages people write it in."""
    return bool(_CLAIM.search(reason))
