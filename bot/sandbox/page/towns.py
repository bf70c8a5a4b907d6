"""The three running sandbox servers as the page sees them."""

from dataclasses import dataclass

from bot.sandbox.mail.client import MailTown
from bot.sandbox.page.scene import Rooms
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.slack.client import SlackTown


@dataclass(frozen=True, slots=True)
class Towns:
    """Remote controls, the two rooms on the page, and the two addresses of the mailbox."""

    slack: SlackTown
    mail: MailTown
    payments: PaymentsTown
    rooms: Rooms
    customer: str
    customer_address: str
    desk_address: str
