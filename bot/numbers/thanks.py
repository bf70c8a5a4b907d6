"""Recognises words of thanks that ask for nothing more."""

import re

_THANKS = re.compile(
    r"\b(thanks?|thank you|thx|cheers|great|perfect|awesome|solved|works now|danke|vielen dank|merci|gracias"
    r"|obrigad[oa]|grazie|bedankt|tack)\b",
    re.IGNORECASE,
)
_MORE = re.compile(r"[?]|\b(but|still|however|not|aber|noch)\b", re.IGNORECASE)
LONGEST = 200


def is_thanks(text: str) -> bool:
    """Short, thankful, and without a question or an objection. When in doubt, no."""
    return len(text) <= LONGEST and bool(_THANKS.search(text)) and not _MORE.search(text)
