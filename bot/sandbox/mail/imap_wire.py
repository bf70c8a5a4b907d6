"""IMAP's grammar (RFC 3501 section 9): commands into tokens, and text into what may stand in an answer."""

import re
from dataclasses import dataclass
from typing import TypeAlias

_LITERAL = re.compile(rb"\{(\d{1,10})(\+?)\}\r\n\Z")
_FLAG = r'\\[^\s(){"\\]+'
_ATOM = re.compile((_FLAG + r'|[^\s(){"\\\x00-\x1f\[]*(?:\[[^\]]*\](?:<\d+(?:\.\d+)?>)?)?').encode())
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')


class BadCommand(Exception):
    """What the client sent is no IMAP; it is answered with BAD and this text."""


class Refused(Exception):
    """The command is IMAP, and cannot be done; it is answered with NO and this text."""


@dataclass(frozen=True, slots=True)
class String:
    """A quoted string or a literal: never a keyword."""

    value: bytes


Token: TypeAlias = "bytes | String | list[Token]"


def pending_literal(line: bytes) -> tuple[int, bool] | None:
    """The size of the literal that a line announces, and whether the client waits for our leave to send it."""
    announced = _LITERAL.search(line)
    return (int(announced[1]), not announced[2]) if announced else None


def tokens(parts: list[bytes | String]) -> list[Token]:
    """The tokens of one command, its literals already read. Raises BadCommand."""
    stack: list[list[Token]] = [[]]
    for part in parts:
        if isinstance(part, String):
            stack[-1].append(part)
        else:
            _line_tokens(_LITERAL.sub(b"", part).rstrip(b"\r\n"), stack)
    if len(stack) != 1:
        raise BadCommand("unbalanced parenthesis")
    return stack[0]


def _line_tokens(line: bytes, stack: list[list[Token]]) -> None:
    at = 0
    while at < len(line):
        character = line[at : at + 1]
        if character == b" ":
            at += 1
        elif character == b"(":
            stack[-1].append(inner := list[Token]())
            stack.append(inner)
            at += 1
        elif character == b")":
            if len(stack) == 1:
                raise BadCommand("unbalanced parenthesis")
            stack.pop()
            at += 1
        else:
            at = _word(line, at, stack[-1])


def _word(line: bytes, at: int, into: list[Token]) -> int:
    if quoted := _QUOTED.match(line, at):
        into.append(String(re.sub(rb"\\(.)", rb"\1", quoted[1])))
        return quoted.end()
    atom = _ATOM.match(line, at)
    if atom is None or not atom[0]:
        raise BadCommand("unexpected character")
    into.append(atom[0])
    return atom.end()


def text(token: Token) -> str:
    """A token as text. Raises BadCommand for a list."""
    if isinstance(token, list):
        raise BadCommand("unexpected list")
    return (token.value if isinstance(token, String) else token).decode("utf-8", "replace")


def keyword(token: Token) -> str:
    """An atom in upper case. Raises BadCommand for anything else."""
    if not isinstance(token, bytes):
        raise BadCommand("an atom was expected")
    return token.decode("utf-8", "replace").upper()


def quoted(value: str) -> str:
    """A quoted string for an answer."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number_set(token: Token, largest: int) -> set[int] | range:
    """The numbers of a sequence set such as "1:3,7,9:*" that can exist up to `largest`. Raises BadCommand."""
    found: set[int] = set()
    for part in text(token).split(","):
        first, _, last = part.partition(":")
        low, high = sorted((_number(first, largest), _number(last or first, largest)))
        found.update(range(low, min(high, largest) + 1))
    return found


def _number(digits: str, largest: int) -> int:
    if digits == "*":
        return largest
    if not digits.isdigit() or digits == "0":
        raise BadCommand("not a sequence set")
    return int(digits)


def is_number_set(word: str) -> bool:
    """Whether an atom can be a sequence set."""
    return bool(re.fullmatch(r"[\d*][\d*:,]*", word))
