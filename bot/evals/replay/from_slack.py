"""Reads conversations from a Slack export: the zip as Slack gives it, or the folder it was unpacked to."""

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.evals.replay.past import Conversation, NothingToReplay, PastMessage, StaffNames
from channels.slack.readable import readable

Json = dict[str, Any]

SPOKEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})
"""Subtypes under which people speak; everything else is the machine's (joins, topics, bots)."""

_DAY = re.compile(r"^(?:.*/)?([^/]+)/\d{4}-\d{2}-\d{2}\.json$")
LARGEST_FILE = 200 * 2**20


def is_slack_export(path: Path) -> bool:
    """A zip or a folder with users.json or with days of channels in it."""
    names = list(_names(path)) if path.is_dir() or zipfile.is_zipfile(path) else []
    return any(name.rpartition("/")[2] == "users.json" or _DAY.match(name) for name in names)


def conversations_in_slack(path: Path, staff: StaffNames) -> tuple[list[Conversation], Counter[str]]:
    """(conversations, why other messages were left out). Without `staff` the people of the export's own team are.

    Raises NothingToReplay when a file is no JSON, or when nobody can be told to be staff.
    """
    files = dict(_files(path))
    people = {person["id"]: person for person in _rows(files, "users.json") if "id" in person}
    home = _home_team(people)
    names = {who: _name(person) for who, person in people.items()}
    left_out: Counter[str] = Counter()
    threads: dict[tuple[str, str], list[PastMessage]] = {}
    for file, rows in files.items():
        day = _DAY.match(file)
        for row in rows if day else ():
            if why := _not_spoken(row, people):
                left_out[why] += 1
                continue
            message = _message(row, file, people, names, staff, home)
            threads.setdefault((day[1] if day else "", str(row.get("thread_ts") or row["ts"])), []).append(message)
    if not staff and not home:
        raise NothingToReplay("who are staff in this export? Name them with --staff U… or --staff @you.com")
    return [_conversation(key, said, people) for key, said in sorted(threads.items())], left_out


def _names(path: Path) -> Iterator[str]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield file.relative_to(path).as_posix()
    else:
        with zipfile.ZipFile(path) as box:
            yield from sorted(box.namelist())


def _files(path: Path) -> Iterator[tuple[str, list[Json]]]:
    """(name, rows) of users.json and of each day."""
    wanted = [name for name in _names(path) if name.rpartition("/")[2] == "users.json" or _DAY.match(name)]
    if path.is_dir():
        for name in wanted:
            yield name, _parsed(name, (path / name).read_bytes())
        return
    with zipfile.ZipFile(path) as box:
        for name in wanted:
            if box.getinfo(name).file_size > LARGEST_FILE:
                raise NothingToReplay(f"{name} in {path} is larger than {LARGEST_FILE} bytes")
            yield name, _parsed(name, box.read(name))


def _parsed(name: str, raw: bytes) -> list[Json]:
    try:
        rows = json.loads(raw)
    except ValueError as error:
        raise NothingToReplay(f"{name} is not JSON: {error}") from error
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _rows(files: Mapping[str, list[Json]], file: str) -> list[Json]:
    return next((rows for name, rows in files.items() if name.rpartition("/")[2] == file), [])


def _home_team(people: Mapping[str, Json]) -> str:
    """The team most people of the export are of; those of other teams come through Slack Connect."""
    teams = Counter(str(p["team_id"]) for p in people.values() if p.get("team_id") and not p.get("is_stranger"))
    return teams.most_common(1)[0][0] if teams else ""


def _not_spoken(row: Json, people: Mapping[str, Json]) -> str:
    """Why this is nothing a person said; "" when it is."""
    if row.get("type", "message") != "message" or row.get("subtype") not in SPOKEN or "ts" not in row:
        return f"not said by a person ({row.get('subtype') or row.get('type')})"
    person = people.get(str(row.get("user")), {})
    if row.get("bot_id") or person.get("is_bot") or not row.get("user"):
        return "said by a bot"
    return "" if str(row.get("text") or "").strip() else "without words"


def _message(
    row: Json, file: str, people: Mapping[str, Json], names: Mapping[str, str], staff: StaffNames, home: str
) -> PastMessage:
    user = str(row["user"])
    person = people.get(user, {})
    address = _address(person)
    if staff:
        is_staff = user in staff or address in staff
    else:
        team = str(row.get("user_team") or person.get("team_id") or row.get("team") or "")
        is_staff = team == home and not person.get("is_stranger")
    return PastMessage(
        who="staff" if is_staff else "requester",
        author=user,
        name=names.get(user, user),
        text=readable(str(row["text"]), names),
        at=datetime.fromtimestamp(float(row["ts"]), UTC),
        source=file,
    )


def _name(person: Json) -> str:
    profile = person.get("profile") or {}
    return str(profile.get("real_name") or person.get("real_name") or person.get("name") or person["id"])


def _address(person: Json) -> str:
    return str((person.get("profile") or {}).get("email") or "")


def _conversation(key: tuple[str, str], said: list[PastMessage], people: Mapping[str, Json]) -> Conversation:
    messages = tuple(sorted(said, key=lambda message: message.at))
    first = next((message.author for message in messages if message.who == "requester"), "")
    return Conversation(f"{key[0]}/{key[1]}", messages, _address(people.get(first, {})))
