"""Text for the places where Slack would read codes: escaped and cut so that nothing in it can fire."""

import re

LONGEST_FALLBACK = 3_900
# Nothing may turn the reading direction round or hide: that is how a link is made to look like another.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
HALF_ENTITY = re.compile(r"&[a-z]{0,3}$")


def seen(text: str) -> str:
    """`text` without control characters, direction overrides and what UTF-8 cannot hold."""
    return UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str, limit: int = LONGEST_FALLBACK) -> str:
    """`text` safe as mrkdwn or fallback text, at most `limit` characters after escaping.

    Only &, < and > are special (https://docs.slack.dev/messaging/formatting-message-text#escaping).
    """
    safe = seen(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe if len(safe) <= limit else HALF_ENTITY.sub("", safe[: limit - 1]) + "…"


def cut(text: str, limit: int) -> str:
    """`text`, or its beginning with "…" when it has more than `limit` characters."""
    text = seen(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
