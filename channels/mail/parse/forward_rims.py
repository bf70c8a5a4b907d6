"""What programs draw around a forwarded text: a second delimiter above it, an end line and rules below it."""

import re
from collections.abc import Sequence

from channels.mail.parse.header_labels import label_of
from channels.mail.parse.quote_markers import FORWARD_STEM, HORIZONTAL_RULE, is_forward_delimiter, is_original_delimiter

RULED = re.compile(r"^[\s>|]*+(?:[-=_*#‐–—]{2,}|-\s-).*(?:[-=_*#‐–—]{2,}|-\s-)\s*$")
# "------- End of Forwarded Message" of MH has dashes on its left only.
RULED_LEFT = re.compile(r"^[\s>|]*+[-=_*#]{3,}\s")
SCISSORS = re.compile(r"^[\s>]*[=-]{2,}8<")
# "End forwarded message", "Ende der weitergeleiteten Nachricht", "Конец пересылаемого сообщения"
END_WORD = re.compile(
    r"\b(?:end|ende|fin|fine|fim|einde|slut|slutt|loppu|koniec|konec|kraj|конец|кінець|край|крај|vége|sfârșit|sonu?"
    r"|τέλος|lõpp|beigas|pabaiga|final|acaba|final del)\b|סוף|نهاية|پایان|结束|結束|終わり|終了|끝|จบ|hết",
    re.IGNORECASE,
)
ORIGINAL_STEM = re.compile(r"original|исходн|ursprüngl|původn|pôvodn|oryginal|eredeti|orijinal", re.IGNORECASE)
MAX_LINE = 160


def above_body(texts: Sequence[str], start: int) -> int:
    """Where the original's words begin: below drawn lines, scissors, or the delimiter that Zoho prints twice."""
    index = start
    while index < len(texts) and index < start + 8 and (not texts[index].strip() or _frames(texts, index)):
        index += 1
    return index if index < len(texts) else start


def _frames(texts: Sequence[str], index: int) -> bool:
    text = texts[index]
    if len(text) > MAX_LINE:
        return False
    if HORIZONTAL_RULE.match(text) or SCISSORS.match(text):
        return True
    below = next((one for one in texts[index + 1 : index + 4] if one.strip()), "")
    return (is_forward_delimiter(text) or is_original_delimiter(text)) and label_of(below) is None


def below_body(texts: Sequence[str], start: int) -> tuple[int, int]:
    """Where the original's words end, and where the sender's go on; both len(texts) for nearly all programs."""
    for index in range(len(texts) - 1, start, -1):
        if _is_end(texts[index]):
            return index, index + 1
    end = len(texts)
    while end > start and (not texts[end - 1].strip() or HORIZONTAL_RULE.match(texts[end - 1][:MAX_LINE])):
        end -= 1
    return end, len(texts)


def _is_end(text: str) -> bool:
    if not 8 < len(text) < MAX_LINE or not (RULED.match(text) or RULED_LEFT.match(text)):
        return False
    if SCISSORS.match(text) and RULED.match(text):
        return True
    return bool(END_WORD.search(text) and (FORWARD_STEM.search(text) or ORIGINAL_STEM.search(text)))
