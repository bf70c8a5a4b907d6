"""Reads conversations from mail: an mbox, a Maildir, or single messages."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from bot.evals.replay.past import Conversation, PastMessage, StaffNames
from channels.mail.parse import ParsedMail, read_mail

EPOCH = datetime.fromtimestamp(0, UTC)

PEOPLE = frozenset({"human", "own"})
"""Kinds of mail somebody wrote; automatic mail was never answered and is not asked about now."""


def conversations_in_mail(
    named: Iterable[tuple[str, bytes]], staff: StaffNames
) -> tuple[list[Conversation], Counter[str]]:
    """(conversations, why other mails were left out). Threads are joined by Message-ID, In-Reply-To and References."""
    left_out: Counter[str] = Counter()
    mails: list[tuple[str, ParsedMail]] = []
    for source, raw in named:
        mail = read_mail(raw)
        if mail.error or mail.from_ is None:
            left_out["could not be read"] += 1
        elif mail.kind not in PEOPLE:
            left_out[f"automatic mail ({mail.kind})"] += 1
        elif not mail.visible.strip():
            left_out["without words"] += 1
        else:
            mails.append((source, mail))
    threads = _threads([mail for _, mail in mails])
    grouped: dict[str, list[tuple[str, ParsedMail]]] = {}
    for number, each in enumerate(mails):
        grouped.setdefault(threads[number], []).append(each)
    return [_conversation(thread, each, staff) for thread, each in grouped.items()], left_out


def _threads(mails: list[ParsedMail]) -> list[str]:
    """For each mail the name of its thread: ids that are mentioned together belong together, also of absent mails."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = name = above[above[name]]
        return name

    names = [mail.message_id or f"without-id-{number}" for number, mail in enumerate(mails)]
    for name, mail in zip(names, mails, strict=True):
        for other in (*mail.references, *mail.in_reply_to):
            above[top(other)] = top(name)
    return [top(name) for name in names]


def _conversation(thread: str, mails: list[tuple[str, ParsedMail]], staff: StaffNames) -> Conversation:
    messages = sorted((_message(source, mail, staff) for source, mail in mails), key=lambda message: message.at)
    # The same mail lies in several folders: INBOX and Archive, or Sent and the customer's copy.
    once = {(message.author, message.at, message.text): message for message in messages}
    requester = next((message.author for message in messages if message.who == "requester"), "")
    return Conversation(thread, tuple(once.values()), requester)


def _message(source: str, mail: ParsedMail, staff: StaffNames) -> PastMessage:
    sender = mail.from_
    assert sender is not None
    address = sender.address.lower()
    who = "staff" if address in staff else "requester"
    return PastMessage(who, address, sender.name or address, mail.visible.strip(), mail.date or EPOCH, source)
