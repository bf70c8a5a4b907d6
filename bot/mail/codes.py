"""One-time codes: who sends back what we sent to the address on file reads that mailbox, whatever a From says."""

import hmac
import re
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, select

from agents_team.tools.shop import ShopUnavailable
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import STAFF, close_escalation
from channels.base import Trust, Wrote
from storage.models import Message, OneTimeCode, Step, StepKind, Ticket

PLACEHOLDER = "[one-time code]"
"""Stands for the code in everything that is kept; it is put in its place only in the mail itself."""

LASTS = timedelta(hours=24)
MOST_WRONG_TRIES = 5

_REFUSED = "identity_not_proven"
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # nothing that looks or reads like something else
_SHAPE = re.compile(rf"(?<![\w-])([{_ALPHABET}]{{4}})[-–]([{_ALPHABET}]{{4}})(?![\w-])", re.IGNORECASE)
_LEAST_CONFIDENCE = 0.5


async def address_on_file(desk: Desk, run_id: str, messages: Sequence[Message]) -> str | None:
    """Where a code would go: the account's address, when this run could not look into it for lack of proof.

    Only to the very address we answer to, and with nobody in copy. None also when the shop cannot be asked.
    """
    author = _author(messages)
    if not await desk.db.read(lambda tx: _was_refused(tx, run_id) and code_may_follow(tx, desk, messages)):
        return None
    try:
        customer = await desk.shop.find_customer(email=author)
    except ShopUnavailable:
        return None
    return author if customer is not None and customer.email.lower() == author else None


def code_may_follow(tx: Session, desk: Desk, messages: Sequence[Message]) -> bool:
    """Whether a code would go out if this turns out to need proof and the sender has an account: one unproven author
    of mails, answered alone."""
    author, settings = _author(messages), desk.settings.mail
    if messages[-1].channel != "mail" or not settings.one_time_codes or settings.secret is None:
        return False
    if any(message.trust >= Trust.ALIGNED_MAIL or message.facts.get("author") != author for message in messages):
        return False
    return _answers_only(tx, messages[-1], author)


def _author(messages: Sequence[Message]) -> str:
    return str(messages[-1].facts.get("author", ""))


def _answers_only(tx: Session, message: Message, address: str) -> bool:
    reply_to = tx.get_one(Ticket, message.ticket_id).reply_to
    return reply_to.get("to") == address and not reply_to.get("cc")


def _was_refused(tx: Session, run_id: str) -> bool:
    steps = tx.exec(select(Step).where(Step.run_id == run_id, Step.kind == StepKind.TOOL))
    return any(_REFUSED in str(step.data.get("result", "")) for step in steps)


def offer(tx: Session, desk: Desk, ticket: Ticket, run_id: str, asked: Message, address: str) -> str:
    """Make the code of this run and return the words that carry it. The same run makes the same code."""
    known = tx.exec(select(OneTimeCode).where(OneTimeCode.run_id == run_id)).first()
    if known is None:
        now = desk.now()
        known = OneTimeCode(
            ticket_id=ticket.id,
            person_id=asked.person_id or ticket.requester_id,
            run_id=run_id,
            address=address,
            digest="",
            created_at=now,
            expires_at=now + LASTS,
        )
        known.digest = _digest(desk, known.id, _code(desk, known.id))
        tx.add(known)
        record(tx, desk, "bot", "code_offered", ticket.id, {"code": known.id, "address": address})
    hours = f"{LASTS.total_seconds() / 3600:.0f} hours"
    return (
        "To look into your account I must be sure that it is you who wrote. If you did, please reply to this mail "
        f"with the code {PLACEHOLDER} above the quoted text. It is valid for {hours}. "
        "If you did not write to us, please ignore this mail."
    )


def spell_out(tx: Session, desk: Desk, message: Message, text: str) -> str:
    """The text as it leaves, with its code; what is kept never has it."""
    if PLACEHOLDER not in text or message.run_id is None:
        return text
    code = tx.exec(select(OneTimeCode).where(OneTimeCode.run_id == message.run_id)).first()
    return text.replace(PLACEHOLDER, _code(desk, code.id)) if code else text


def redeem(tx: Session, desk: Desk, ticket: Ticket, message: Message, wrote: Wrote) -> None:
    """When the person newly wrote the code of this ticket, this mail and the questions that needed it are proven.

    Quoted text does not count: who answers "this was not me" quotes the code as well.
    """
    typed = [f"{match[1]}-{match[2]}".upper() for match in _SHAPE.finditer(_typed(wrote))][:3]
    code = _open_code(tx, desk, ticket, message) if typed else None
    if code is None:
        return
    if not any(hmac.compare_digest(_digest(desk, code.id, one), code.digest) for one in typed):
        code.wrong_tries += 1
        tx.add(code)
        return
    code.used_at = desk.now()
    tx.add(code)
    record(tx, desk, code.person_id, "code_redeemed", ticket.id, {"code": code.id})
    for asked in tx.exec(select(Message).where(Message.ticket_id == ticket.id, Message.answered_by == code.run_id)):
        if asked.person_id == code.person_id:
            asked.trust, asked.answered_by = int(Trust.ONE_TIME_CODE), None
            tx.add(asked)
    message.trust = int(Trust.ONE_TIME_CODE)
    tx.add(message)
    if ticket.owner == STAFF:
        # Only the missing proof had sent it to whoever of the staff comes first, and nobody has come yet.
        ticket.owner = None
        tx.add(ticket)
        close_escalation(tx, desk, f"run:{code.run_id}")


def _typed(wrote: Wrote) -> str:
    if float(wrote.facts.get("confidence", 1.0)) < _LEAST_CONFIDENCE:
        return ""
    return "\n".join(line for line in wrote.text.splitlines() if not line.lstrip().startswith(">"))


def _open_code(tx: Session, desk: Desk, ticket: Ticket, message: Message) -> OneTimeCode | None:
    return tx.exec(
        select(OneTimeCode)
        .where(
            OneTimeCode.ticket_id == ticket.id,
            OneTimeCode.person_id == message.person_id,
            col(OneTimeCode.used_at).is_(None),
            OneTimeCode.expires_at > desk.now(),
            OneTimeCode.wrong_tries < MOST_WRONG_TRIES,
        )
        .order_by(col(OneTimeCode.id).desc())
    ).first()


def still_proven(tx: Session, desk: Desk, ticket: Ticket, message: Message, wrote: Wrote) -> bool:
    """Whether this mail answers one of ours (only its reader has our token) soon after its author proved themself."""
    if wrote.ticket_hint != ticket.id:
        return False
    used = select(OneTimeCode).where(
        OneTimeCode.ticket_id == ticket.id,
        OneTimeCode.person_id == message.person_id,
        col(OneTimeCode.used_at) > desk.now() - LASTS,
    )
    return tx.exec(used).first() is not None


def _code(desk: Desk, code_id: str) -> str:
    """Made of the row's id and our secret, so that nothing that is kept shows it."""
    number = int.from_bytes(_sealed(desk, f"code:{code_id}"))
    letters = []
    for _ in range(8):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def _digest(desk: Desk, code_id: str, code: str) -> str:
    """What is kept of a code: useless to whoever reads the database and does not know our secret."""
    return _sealed(desk, f"digest:{code_id}:{code}").hex()


def _sealed(desk: Desk, text: str) -> bytes:
    secret = desk.settings.mail.secret
    assert secret is not None, "offered only when there is one"
    return hmac.new(secret.get_secret_value().encode(), text.encode(), "sha256").digest()
