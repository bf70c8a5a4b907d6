"""What the team reads of a message: the new words, or all of it where these are not the whole story."""

from storage.models import Message

SURE = 0.5
MOST_CHARACTERS = 20_000
BELOW = "[quoted or passed on, perhaps the words of others:]"


def what_was_said(message: Message) -> str:
    """The text without quotations; the whole message when the cut was unsure, left nothing, or it passes mail on.

    What a colleague forwarded is the customer's own words by now, so that nothing around them is read.
    """
    if not reads_whole(message):
        return message.text
    new, whole = message.text.strip(), message.full_text.strip()[:MOST_CHARACTERS]
    if not new or not whole.startswith(new):
        return whole
    return f"{new}\n\n{BELOW}\n{whole.removeprefix(new).strip()}" if whole != new else new


def reads_whole(message: Message) -> bool:
    """True when the new words alone would mislead."""
    if not message.full_text.strip() or "forwarded_by" in message.facts:
        return False
    unsure = float(message.facts.get("confidence", 1.0)) < SURE
    return unsure or not message.text.strip() or bool(message.facts.get("passes_on"))
