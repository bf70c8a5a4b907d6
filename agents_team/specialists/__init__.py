"""The specialists: a new one is one file and one line here."""

from agents_team.specialists.account import ACCOUNT
from agents_team.specialists.base import Specialist
from agents_team.specialists.billing import BILLING
from agents_team.specialists.escalation import ESCALATION
from agents_team.specialists.faq import FAQ
from agents_team.specialists.order_status import ORDER_STATUS
from agents_team.specialists.refund import REFUND
from agents_team.specialists.shipping import SHIPPING
from agents_team.specialists.technical import TECHNICAL

SPECIALISTS: dict[str, Specialist] = {
    "order_status": ORDER_STATUS,
    "shipping": SHIPPING,
    "billing": BILLING,
    "refund": REFUND,
    "technical": TECHNICAL,
    "account": ACCOUNT,
    "faq": FAQ,
    "escalation": ESCALATION,
}

__all__ = ["SPECIALISTS", "Specialist"]
