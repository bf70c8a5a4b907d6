"""What every door speaks: values in, values out, and the two ports the conductor calls."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Protocol, runtime_checkable

from channels.cards import Card, Form, Overview, Picture

Json = Mapping[str, Any]


class ChannelError(Exception):
    """Something a channel was asked to do did not happen, or may not have."""


class TemporaryChannelError(ChannelError):
    """Try again later; nothing about the request is wrong.

    `retry_after` is the channel's own wish in seconds (Slack's Retry-After). `in_doubt` says the
    other side may have done it: look (`find_sent`) before doing it again.
    """

    def __init__(self, why: str, *, retry_after: float | None = None, in_doubt: bool = False):
        super().__init__(why)
        self.retry_after = retry_after
        self.in_doubt = in_doubt


class PermanentChannelError(ChannelError):
    """The channel refused for good (not in the channel, archived, address unknown): a person must see it."""


class RoomClosed(PermanentChannelError):
    """The staff room is not fit for staff's eyes only (public, shared, archived, gone): nothing is shown there and no
    press counts until people mend it. Then everything goes on."""


# ------------------------------------------------------------------ in


@dataclass(frozen=True, slots=True)
class Raw:
    """One delivery exactly as it arrived, before anybody looked inside.

    `key` is equal for two deliveries of the same thing and for nothing else. Deliveries with the
    same `lane` are understood one at a time in the order they arrived (a Slack thread, a mailbox).
    """

    channel: str
    key: str
    lane: str
    body: bytes
    envelope: Json = field(default_factory=dict)


Accept = Callable[[Raw], Awaitable[None]]
"""Returns when the delivery is committed; raises when it is not. Only after it returns may a door say yes."""


class Role(StrEnum):
    """Who somebody is in a conversation."""

    REQUESTER = "requester"
    STAFF = "staff"
    BOT = "bot"


class Trust(IntEnum):
    """How well the sender of one message is proven; each tool states the level it needs."""

    UNKNOWN = 0
    ALIGNED_MAIL = 1
    SLACK_CONNECT = 2
    ONE_TIME_CODE = 3
    VOUCHED = 4


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote, in the channel's own terms.

    `external_id` is "T…/U…" in Slack and the lower-case address in mail. `company_key` is the
    Slack team; None in mail. `email` is a claim unless `trust` says otherwise.
    """

    external_id: str
    name: str
    role: Role
    trust: Trust = Trust.UNKNOWN
    company_key: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class AttachmentIn:
    """A file that came with a message. The bytes stay in the stored delivery, or where `source` says.

    `sha256` is of the content, or of its identity in the channel when it was not fetched.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    source: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody wrote something.

    `text` is what the person newly wrote, `full_text` all of it. `thread_key` names the
    conversation when nothing else does. `ticket_hint` is a ticket id from a token only we can
    make; `references` are external ids of earlier messages, newest first. `reply_to` is opaque:
    hand it back in `Reply.to`. `kind` is human, auto_reply, auto_generated, bounce, list,
    challenge, own or calendar; only human is ever answered.
    """

    thread_key: str
    external_id: str
    author: Author
    text: str
    full_text: str
    sent_at: datetime
    reply_to: Json
    subject: str = ""
    kind: str = "human"
    ticket_hint: str | None = None
    references: tuple[str, ...] = ()
    attachments: tuple[AttachmentIn, ...] = ()
    flags: tuple[str, ...] = ()
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edited:
    """The author changed the text of an earlier message."""

    external_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    """The author took an earlier message back."""

    external_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Echo:
    """Our own message came back to us: proof that `marker` was delivered as `external_id`."""

    marker: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Clicked:
    """Staff (or somebody who is not) pressed a button, submitted a form, typed a command or used a shortcut.

    `verb` is what the button says to do ("approve", "deny"), `value` the opaque string we put into
    it, `inputs` what they typed in a form. `answer_to` is opaque: hand it to `StaffRoom.whisper`.
    `home` is true when the presser belongs to our own workspace and is no guest.
    A command has the verb "command" and what was typed as its value; the opened home tab has "home". `about` is
    the message that a shortcut was used on.
    """

    verb: str
    value: str
    by: Author
    home: bool
    at: datetime
    answer_to: Json
    inputs: Json = field(default_factory=dict)
    about: Wrote | None = None


class PlaceEvent(StrEnum):
    """What may happen to a place where people write (a Slack channel)."""

    JOINED = "joined"
    LEFT = "left"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    SHARED = "shared"
    UNSHARED = "unshared"
    MOVED = "moved"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class PlaceNews:
    """Something happened to a place rather than in it: we were invited, it is archived, it has a new id.

    `place` is the channel's id, "" for the whole workspace (REVOKED: we may not listen or speak any more).
    `moved_to` is its new id. `internal` says that it is the staff room.
    """

    place: str
    event: PlaceEvent
    at: datetime
    moved_to: str = ""
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """Understood, and nobody needs to act; `reason` is kept so that received = accounted for."""

    reason: str


Inbound = Wrote | Edited | Deleted | Echo | Clicked | PlaceNews | Nothing


class Unreadable(ChannelError):
    """These bytes cannot be understood; the delivery is quarantined with this reason and can be run again."""


# ------------------------------------------------------------------ out


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a requester.

    `key` is our message id: the marker that finds it again. `text` is Markdown. `to` is the
    `reply_to` of the conversation. `created_at` is the row's, so that every rebuild gives the same
    bytes; `first_tried_at` is when sending may first have happened (None: never tried). With `rating` the
    message asks whether we helped; the press comes back as `Clicked` "rate" with this value and ":good" or ":bad".
    `quote` is the requester's last message, for channels that print it below an answer; `quote_head` says whose it is.
    """

    key: str
    ticket_id: str
    to: Json
    text: str
    created_at: datetime
    subject: str = ""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    citations: tuple[tuple[str, str], ...] = ()
    automatic: bool = True
    first_tried_at: datetime | None = None
    rating: str = ""
    quote: str = ""
    quote_head: str = ""


class Channel(Protocol):
    """A door. Listening is `run`; `read` may look up who somebody is; sending is look, then send.

    `knows_sent` is False when `find_sent` cannot be asked (mail without a Sent folder to search): then a
    repeat after a doubt is counted as a possible duplicate.
    """

    name: str
    knows_sent: bool

    async def run(self, accept: Accept) -> None:
        """Listen until cancelled, handing every delivery to `accept` before saying yes to the sender."""

    async def read(self, raw: Raw) -> Inbound:
        """Understand stored bytes. Raises Unreadable (quarantine) or TemporaryChannelError (again later)."""

    async def find_sent(self, reply: Reply) -> str | None:
        """The external id of `reply` if the other side has it. Raises TemporaryChannelError when it cannot look."""

    async def send(self, reply: Reply) -> str:
        """Send once and return the external id. Raises Temporary- or PermanentChannelError."""


@runtime_checkable
class ShowsProgress(Protocol):
    """A channel in which a requester can see at once that their message was noticed."""

    async def show_progress(self, external_id: str, to: Json, doing: str) -> None:
        """Mark the message as being worked on (`doing` says at what), or with "" as no longer. Safe to repeat.

        Raises Temporary- or PermanentChannelError; nobody needs to hear of either.
        """


@runtime_checkable
class FetchesFiles(Protocol):
    """A channel whose files stay with it until they are asked for."""

    async def fetch(self, source: Json, most_bytes: int) -> tuple[bytes, str]:
        """The bytes of one file and their content type. Only ever asks the channel's own hosts.

        Raises TemporaryChannelError, or PermanentChannelError when it is gone, too large or not ours to read.
        """


class StaffRoom(Protocol):
    """The private place where staff see cards and press buttons."""

    async def find_card(self, card: Card) -> str | None:
        """The external id of a card already shown under `card.key`."""

    async def show_card(self, card: Card) -> str:
        """Post the card and return its external id. Refuses (RoomClosed) in a room that is not private."""

    async def trouble(self) -> str:
        """Why nothing may be shown or decided in the room right now, in words for people; "" when all is well.

        Raises TemporaryChannelError when nobody can say.
        """

    async def update_card(self, external_id: str, card: Card) -> None:
        """Make an already shown card say what `card` says. Safe to repeat."""

    async def show_pictures(self, external_id: str, pictures: Sequence[Picture]) -> None:
        """Show the pictures with the card. Looks first: those that are there already are not shown again."""

    async def whisper(self, answer_to: Json, text: str, *, card: str = "") -> None:
        """Tell only the person who pressed a button. May be said twice after a crash, never to others.

        `card` is the external id of the card to look at instead, for a room that can link to it.
        """

    async def ask(self, answer_to: Json, form: Form) -> None:
        """Show a form to whoever pressed. Only possible within seconds of the press.

        Raises PermanentChannelError when it is too late (they may press again) and TemporaryChannelError.
        """

    async def members(self, names: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """Who is behind each user or user group right now, as external ids; one nobody knows has nobody."""

    async def staff(self) -> frozenset[str]:
        """External ids of everybody who is in the room and of our own company; nobody while it is not private."""

    async def ours(self, names: frozenset[str]) -> Mapping[str, str]:
        """The name of everybody behind these users and user groups who is of our own company, by external id."""

    async def show_overview(self, who: str, overview: Overview) -> None:
        """Put `overview` on the desk of the person with this external id. Safe to repeat."""

    async def approvers(self) -> frozenset[str]:
        """External ids ("T…/U…") of everybody who may decide right now; empty means nobody (fail closed)."""
