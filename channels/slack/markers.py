"""The marker by which a message of ours is found again: in its metadata and in its first block_id."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from channels.base import Json

REPLY = "helpdesk_reply"
CARD = "helpdesk_card"
BLOCK_PREFIX = "hd:"
OUR_NAMESPACE = uuid.UUID("6f0d3b52-8f0e-5c52-9f3b-0f6d6a1d2c11")


@dataclass(frozen=True, slots=True)
class Marker:
    """Which of our messages this is: `key` the row's id, `part` of `parts` when it was too long for one.

    `first_ts` is the ts of part 1, carried by the later parts, because the first one names the whole.
    """

    key: str
    part: int = 1
    parts: int = 1
    first_ts: str = ""

    @property
    def text(self) -> str:
        return self.key if self.parts == 1 else f"{self.key}#{self.part}/{self.parts}"

    @property
    def complete(self) -> bool:
        """Whether this message proves that all of them are out: parts are posted in order."""
        return self.part == self.parts

    @property
    def block_id(self) -> str:
        return BLOCK_PREFIX + self.text + (f"@{self.first_ts}" if self.first_ts else "")

    @property
    def client_msg_id(self) -> str:
        """The same for every attempt; Slack documents no promise about it, so it is only a hint."""
        return str(uuid.uuid5(OUR_NAMESPACE, self.text))

    def metadata(self, kind: str) -> dict[str, object]:
        """Only opaque keys: every app and member of the workspace can read a message's metadata."""
        first = {"first": self.first_ts} if self.first_ts else {}
        return {"event_type": kind, "event_payload": {"k": self.text, **first}}


def marker_of(message: Json) -> Marker | None:
    """The marker in a message, from its metadata or, where that was lost, from its first block_id."""
    return _from_metadata(message.get("metadata")) or _from_blocks(message.get("blocks"))


def _from_metadata(metadata: object) -> Marker | None:
    if not isinstance(metadata, Mapping) or metadata.get("event_type") not in (REPLY, CARD):
        return None
    payload = metadata.get("event_payload")
    if not isinstance(payload, Mapping) or not isinstance(payload.get("k"), str):
        return None
    return _read(payload["k"], str(payload.get("first") or ""))


def _from_blocks(blocks: object) -> Marker | None:
    if not isinstance(blocks, list) or not blocks or not isinstance(blocks[0], Mapping):
        return None
    block_id = blocks[0].get("block_id")
    if not isinstance(block_id, str) or not block_id.startswith(BLOCK_PREFIX):
        return None
    text, _, first_ts = block_id.removeprefix(BLOCK_PREFIX).partition("@")
    return _read(text, first_ts)


def _read(text: str, first_ts: str) -> Marker | None:
    key, _, place = text.partition("#")
    part, _, parts = place.partition("/")
    if not place:
        return Marker(key) if key else None
    if not (part.isascii() and part.isdigit() and parts.isascii() and parts.isdigit()):
        return None
    return Marker(key, int(part), int(parts), first_ts)
