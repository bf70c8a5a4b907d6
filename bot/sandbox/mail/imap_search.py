"""SEARCH (RFC 3501 section 6.4.4): criteria into a question that each mail answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

from bot.sandbox.mail.imap_wire import BadCommand, Refused, Token, is_number_set, keyword, number_set, text
from bot.sandbox.mail.post_office import Stored


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mail and its place in the selected folder."""

    sequence: int
    mail: Stored


Question = Callable[[Candidate], bool]

_FLAG_KEYS = {"ANSWERED": "\\Answered", "DELETED": "\\Deleted", "DRAFT": "\\Draft", "FLAGGED": "\\Flagged"}
_FLAG_KEYS["SEEN"] = "\\Seen"
_HEADER_KEYS = ("BCC", "CC", "FROM", "SUBJECT", "TO")


def compile_search(arguments: list[Token], last_sequence: int, last_uid: int) -> Question:
    """The question a SEARCH asks. Raises BadCommand, or Refused for a charset we do not have."""
    rest = list(arguments)
    if rest and rest[0] == b"CHARSET":
        if len(rest) < 2 or text(rest[1]).upper() not in ("UTF-8", "US-ASCII"):
            raise Refused("[BADCHARSET (UTF-8 US-ASCII)] unknown charset")
        rest = rest[2:]
    if not rest:
        raise BadCommand("SEARCH without criteria")
    return _Compiler(rest, last_sequence, last_uid).all()


class _Compiler:
    """Reads criteria from left to right."""

    def __init__(self, tokens: list[Token], last_sequence: int, last_uid: int) -> None:
        self._tokens = tokens
        self._last_sequence = last_sequence
        self._last_uid = last_uid

    def all(self) -> Question:
        questions: list[Question] = []
        while self._tokens:
            questions.append(self._one())
        return lambda candidate: all(question(candidate) for question in questions)

    def _next(self) -> Token:
        if not self._tokens:
            raise BadCommand("a criterion lacks its argument")
        return self._tokens.pop(0)

    def _one(self) -> Question:
        token = self._next()
        if isinstance(token, list):
            return _Compiler(list(token), self._last_sequence, self._last_uid).all()
        word = keyword(token)
        if is_number_set(word):
            sequences = number_set(token, self._last_sequence)
            return lambda candidate: candidate.sequence in sequences
        return self._flag(word) or self._logic(word) or self._text(word) or self._size_or_date(word)

    def _flag(self, word: str) -> Question | None:
        if word in _FLAG_KEYS:
            return _has_flag(_FLAG_KEYS[word])
        if word.startswith("UN") and word[2:] in _FLAG_KEYS:
            return _not(_has_flag(_FLAG_KEYS[word[2:]]))
        if word == "KEYWORD":
            return _has_flag(text(self._next()))
        if word == "UNKEYWORD":
            return _not(_has_flag(text(self._next())))
        return None

    def _logic(self, word: str) -> Question | None:
        if word == "ALL":
            return lambda candidate: True
        if word == "NOT":
            return _not(self._one())
        if word == "OR":
            one, other = self._one(), self._one()
            return lambda candidate: one(candidate) or other(candidate)
        if word == "UID":
            uids = number_set(self._next(), self._last_uid)
            return lambda candidate: candidate.mail.uid in uids
        return None

    def _text(self, word: str) -> Question | None:
        if word in _HEADER_KEYS:
            return _header_has(word, text(self._next()))
        if word == "HEADER":
            return _header_has(text(self._next()), text(self._next()))
        if word in ("TEXT", "BODY"):
            return _content_has(text(self._next()), body_only=word == "BODY")
        return None

    def _size_or_date(self, word: str) -> Question:
        if word in ("LARGER", "SMALLER"):
            size = int(text(self._next()))
            return lambda candidate: (len(candidate.mail.raw) > size) == (word == "LARGER")
        if word in ("SINCE", "BEFORE", "ON"):
            day = _day(text(self._next()))
            return lambda candidate: _compare(word, candidate.mail.arrived.astimezone(UTC).date(), day)
        raise BadCommand(f"unknown search key {word}")


def _compare(word: str, arrived: date, day: date) -> bool:
    return {"SINCE": arrived >= day, "BEFORE": arrived < day, "ON": arrived == day}[word]


def _day(written: str) -> date:
    try:
        return datetime.strptime(written, "%d-%b-%Y").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise BadCommand("not a date") from error


def _not(question: Question) -> Question:
    return lambda candidate: not question(candidate)


def _has_flag(flag: str) -> Question:
    wanted = flag.lower()
    return lambda candidate: any(present.lower() == wanted for present in candidate.mail.flags)


def _content_has(part: str, *, body_only: bool) -> Question:
    wanted = part.lower().encode()

    def question(candidate: Candidate) -> bool:
        head, _, body = candidate.mail.raw.lower().partition(b"\r\n\r\n")
        return wanted in body or (not body_only and wanted in head)

    return question


def _header_has(name: str, part: str) -> Question:
    wanted = part.lower()

    def question(candidate: Candidate) -> bool:
        values = BytesHeaderParser().parsebytes(candidate.mail.raw).get_all(name, [])
        return any(wanted in str(make_header(decode_header(str(value)))).lower() for value in values)

    return question
