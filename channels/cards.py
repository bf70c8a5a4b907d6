"""What staff are shown, as plain values: cards, forms and the home tab. A room makes its own blocks of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.moments import Moment


@dataclass(frozen=True, slots=True)
class Button:
    """One choice on a card; `value` comes back in `Clicked.value`, `confirm` is asked before."""

    verb: str
    label: str
    value: str
    style: str = ""
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything staff need to decide one thing. All text is plain: nothing in it can ping or link.

    `quote` is the requester's own words; `facts` come from backends and policy, never from a model;
    `proposed` is the model's sentence and is shown marked as such, or somebody else's (`proposed_by`). `source` is
    the `reply_to` of the conversation, for a room that can link to it.
    """

    key: str
    title: str
    state: str
    facts: tuple[tuple[str, str], ...] = ()
    quote: str = ""
    proposed: str = ""
    verdict: str = ""
    buttons: tuple[Button, ...] = ()
    footer: str = ""
    first_tried_at: datetime | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    proposed_by: str = "AI"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture for staff, as PNG. `name` is its file's and finds it again; `words` say what is to be seen, to
    those who cannot see it (at most 1,000 characters).
    """

    name: str
    title: str
    words: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a person is asked to type, or to choose among `choices` (value, label).
    It comes back in `Clicked.inputs` under `name`; with `person` one of the people here is chosen, by id."""

    name: str
    label: str
    initial: str = ""
    hint: str = ""
    long: bool = False
    optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    person: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Asks whoever pressed a button for more. Submitting it is a press of `verb` with this `value`.

    Without `submit` there is nothing to send back: it only tells. `shown` is Markdown, shown as a requester would
    see it.
    """

    verb: str
    value: str
    title: str
    submit: str
    fields: tuple[Field, ...]
    note: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of somebody's desk: plain text, what is due when (a word and a moment), what can be done about it.
    `source` names the message it is about, as a `reply_to` does, for a room that can link to it."""

    text: str
    buttons: tuple[Button, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    times: tuple[tuple[str, Moment], ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """What one of the staff sees when they open the app: lists under headings, and buttons for the whole.
    `notice` is what nobody may overlook, such as that the bot is switched off."""

    title: str
    sections: tuple[tuple[str, tuple[Row, ...]], ...]
    buttons: tuple[Button, ...] = ()
    footer: str = ""
    notice: str = ""
