"""One request in our own words, whichever of the two APIs it came through, and one answer to it."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offered:
    """A function the model may call."""

    name: str
    description: str
    parameters: Json


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message; `role` is system, developer, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """An earlier call of a function."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What an earlier call returned."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything a model would see."""

    model: str
    turns: tuple[Spoken | Called | Returned, ...]
    tools: tuple[Offered, ...] = ()
    must_call: bool = False

    @property
    def tool_names(self) -> frozenset[str]:
        """What may be called."""
        return frozenset(tool.name for tool in self.tools)

    @property
    def last_user_text(self) -> str:
        """The newest words of a person; a block that opens with <<< is no person's."""
        texts = [t.text for t in self.turns if isinstance(t, Spoken) and t.role == "user"]
        return next((text for text in reversed(texts) if not text.startswith("<<<")), "")

    def results(self) -> list[tuple[str, str]]:
        """(function, output) of every call that returned since the last user message, oldest first."""
        names = {turn.call_id: turn.name for turn in self.turns if isinstance(turn, Called)}
        found: list[tuple[str, str]] = []
        for turn in self.turns:
            if isinstance(turn, Spoken) and turn.role == "user":
                found.clear()
            elif isinstance(turn, Returned):
                found.append((names.get(turn.call_id, ""), turn.output))
        return found


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: words, or calls as (name, arguments in JSON). `cut_off` means the token limit was hit."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    cut_off: bool = False
    usage: Json = field(default_factory=dict)


class Refused(Exception):
    """The request is answered with an error, in the words and the shape of the real thing."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None):
        super().__init__(message)
        self.status = status
        self.body: Json = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def tokens_in(*texts: str) -> int:
    """About as many tokens as a real tokenizer counts: four characters each."""
    return sum(len(text) for text in texts) // 4 + 1


def tokens_asked(asked: Asked) -> int:
    """The tokens of a whole request, tools included."""
    texts = [str(tool.parameters) + tool.description for tool in asked.tools]
    for turn in asked.turns:
        texts.append(turn.text if isinstance(turn, Spoken) else str(turn))
    return tokens_in(*texts)
