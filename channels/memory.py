"""A Slack without any network, for tests and evals: what goes in and out are lists."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from channels.base import Accept, Author, Clicked, Echo, Inbound, Json, Nothing, Raw, Reply, Role, Trust, Wrote
from channels.cards import Card, Form, Overview, Picture


def said(
    thread: str, number: str, text: str, *, by: str = "T0ACME/U0ALICE", at: datetime, role: str = "requester"
) -> Raw:
    """A delivery of one message: `number` is unique in the channel, like a ts."""
    body = {"kind": "wrote", "thread": thread, "number": number, "text": text, "by": by, "role": role}
    return Raw("slack", f"wrote:{number}", thread, json.dumps({**body, "at": at.isoformat()}).encode())


def pressed(
    key: str,
    verb: str,
    value: str,
    *,
    by: str = "T0NORTHWIND/U0SAM",
    home: bool = True,
    at: datetime,
    inputs: Json | None = None,
) -> Raw:
    """A delivery of one press of a button, or with `inputs` of one submitted form."""
    body = {"kind": "clicked", "verb": verb, "value": value, "by": by, "home": home, "at": at.isoformat()}
    body["inputs"] = dict(inputs or {})
    return Raw("slack", f"clicked:{key}", "staff", json.dumps(body).encode())


@dataclass
class MemoryChannel:
    """Keeps every reply it sent; `find_sent` looks there."""

    name: str = "slack"
    knows_sent: bool = True
    sent: list[Reply] = field(default_factory=list)

    async def run(self, accept: Accept) -> None:
        """Nothing comes by itself: tests call accept."""
        await asyncio.Event().wait()

    async def read(self, raw: Raw) -> Inbound:
        said = json.loads(raw.body)
        at = datetime.fromisoformat(said["at"])
        match said["kind"]:
            case "wrote":
                return _wrote(said, at)
            case "clicked":
                staff = Author(said["by"], said["by"], Role.STAFF, Trust.VOUCHED)
                inputs = said.get("inputs") or {}
                return Clicked(said["verb"], said["value"], staff, said["home"], at, {"to": said["by"]}, inputs)
            case "echo":
                return Echo(said["marker"], said["external_id"])
        return Nothing(f"kind {said['kind']}")

    async def find_sent(self, reply: Reply) -> str | None:
        return next((f"sent:{known.key}" for known in self.sent if known.key == reply.key), None)

    async def send(self, reply: Reply) -> str:
        self.sent.append(reply)
        return f"sent:{reply.key}"


def _wrote(said: Json, at: datetime) -> Wrote:
    team, _, _ = said["by"].partition("/")
    author = Author(said["by"], said["by"], Role(said["role"]), Trust.SLACK_CONNECT, company_key=team)
    return Wrote(
        thread_key=said["thread"],
        external_id=said["number"],
        author=author,
        text=said["text"],
        full_text=said["text"],
        sent_at=at,
        reply_to={"thread": said["thread"]},
    )


@dataclass
class MemoryRoom:
    """Keeps every card it shows and everything it whispers."""

    allowed: frozenset[str] = frozenset({"T0NORTHWIND/U0SAM", "T0NORTHWIND/U0ROBIN"})
    cards: dict[str, Card] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    people: frozenset[str] = frozenset({"T0NORTHWIND/U0SAM", "T0NORTHWIND/U0ROBIN", "T0NORTHWIND/U0NIA"})
    whispers: list[tuple[Json, str]] = field(default_factory=list)
    overviews: dict[str, Overview] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    closed: str = ""
    pictures: dict[str, list[Picture]] = field(default_factory=dict)

    async def find_card(self, card: Card) -> str | None:
        return f"card:{card.key}" if f"card:{card.key}" in self.cards else None

    async def show_card(self, card: Card) -> str:
        self.shown.append(card.key)
        self.cards[f"card:{card.key}"] = card
        return f"card:{card.key}"

    async def trouble(self) -> str:
        return self.closed

    async def update_card(self, external_id: str, card: Card) -> None:
        self.cards[external_id] = card

    async def show_pictures(self, external_id: str, pictures: Sequence[Picture]) -> None:
        there = self.pictures.setdefault(external_id, [])
        known = {picture.name for picture in there}
        there += [picture for picture in pictures if picture.name not in known]

    async def whisper(self, answer_to: Json, text: str, *, card: str = "") -> None:
        self.whispers.append((answer_to, f"{text} → {card}" if card else text))

    async def ask(self, answer_to: Json, form: Form) -> None:
        self.forms.append(form)

    async def members(self, names: frozenset[str]) -> Mapping[str, frozenset[str]]:
        return {name: self.groups.get(name, frozenset()) for name in names}

    async def staff(self) -> frozenset[str]:
        return self.people

    async def ours(self, names: frozenset[str]) -> Mapping[str, str]:
        known = {one: name for name in names for one in self.groups.get(name, {f"T0NORTHWIND/{name}"})}
        return {one: one.partition("/")[2].removeprefix("U0").title() for one in known if one in self.people}

    async def show_overview(self, who: str, overview: Overview) -> None:
        self.overviews[who] = overview

    async def approvers(self) -> frozenset[str]:
        return self.allowed
