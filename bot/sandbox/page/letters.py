"""The customer's mailbox as the page shows it: threads of mail, with what was quoted kept apart. Pure."""

import re
from collections.abc import Iterator
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

Json = dict[str, Any]

SEPARATOR = re.compile(r"^-{5}\[ \w+ \]-{5}$")  # the desk's own line above what it quotes
ATTRIBUTION = re.compile(r"On .{1,200} wrote:\Z")


def mail_part(mails: list[Json], *, address: str, desk: str) -> Json:
    """`mails` of all folders, oldest first, as threads: a mail belongs to the thread of any mail it refers to."""
    threads: dict[str, Json] = {}
    thread_of: dict[str, str] = {}
    for mail in mails:
        named = [mail["in_reply_to"], *reversed(mail["references"])]
        key = next((thread_of[each] for each in named if each in thread_of), mail["message_id"])
        thread_of[mail["message_id"]] = key
        thread = threads.setdefault(key, {"key": key, "subject": mail["subject"] or "(no subject)", "mails": []})
        if all(each["id"] != mail["message_id"] for each in thread["mails"]):
            thread["mails"].append(_letter(mail, address))
            thread["newest"] = mail["message_id"]
    return {"address": address, "desk": desk, "threads": list(threads.values())}


def _letter(mail: Json, address: str) -> Json:
    name, sender = parseaddr(mail["from"])
    text, quoted = cut(mail["text"])
    return {
        "id": mail["message_id"],
        "name": name or sender,
        "from": sender,
        "mine": sender.lower() == address,
        "at": _seconds(mail["date"]),
        "text": text,
        "quoted": quoted,
    }


def _seconds(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0


def cut(text: str) -> tuple[str, str]:
    """(what was newly written, the quotation at the end)."""
    lines = text.rstrip().split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith(">")):
        end -= 1
    quoted = lines[end:]
    if not any(line.startswith(">") for line in quoted):
        return text.strip(), ""
    if end and ATTRIBUTION.match(lines[end - 1]):
        end -= 1
    if end and SEPARATOR.match(lines[end - 1]):
        end -= 1
    return "\n".join(lines[:end]).strip(), "\n".join(lines[end:]).strip()


def answer(mails: list[Json], message_id: str, text: str, *, address: str, desk: str) -> Json:
    """The wish (MailTown.write) for a reply to `message_id` as a mail program writes it: `text` above a quotation.

    A reply to one's own mail goes to the desk again. Raises ValueError when the mail is not in the mailbox.
    """
    mail = next((each for each in mails if each["message_id"] == message_id), None)
    if mail is None:
        raise ValueError("this mail is not in the mailbox any more")
    own = parseaddr(mail["from"])[1].lower() == address
    said = f"{text}\n\nOn {mail['date']}, {mail['from']} wrote:\n" + "\n".join(_quote(mail["text"]))
    return {"to": desk if own else None, "in_reply_to": message_id, "text": said}


def _quote(text: str) -> Iterator[str]:
    return (f">{line}" if line.startswith(">") else f"> {line}" for line in text.rstrip().split("\n"))
