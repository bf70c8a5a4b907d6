"""What the page shows, made from what the sandbox servers report. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rooms:
    """The two Slack channels on the page, by id, and the user group whose members may approve."""

    customer: str
    staff: str
    approvers: str


def slack_part(world: Json, rooms: Rooms) -> Json:
    """Both rooms with the people who can be played in each; whispers, forms, home tabs, names for everybody."""
    teams = {team["id"]: team["name"] for team in world["teams"]}
    people = {user["id"]: _person(user, teams) for user in world["users"]}
    channels = {channel["id"]: channel for channel in world["channels"]}
    customer, staff = channels[rooms.customer], channels[rooms.staff]
    approvers = {user for group in world["usergroups"] if group["id"] == rooms.approvers for user in group["users"]}
    users = {user["id"]: user for user in world["users"]}
    writers = sorted((users[each] for each in customer["members"]), key=lambda user: user["is_home"])
    staff_members = [users[each] for each in staff["members"]]
    return {
        "people": people,
        "rooms": {
            "customer": _room(customer, [(user, teams[user["team_id"]]) for user in writers]),
            "staff": _room(staff, [(user, _right(user, approvers)) for user in staff_members]),
        },
        "whispers": world["ephemerals"],
        # Only the topmost form of each person is on their screen.
        "modals": {user: views[-1] for user, views in world["modals"].items() if views},
        "homes": world["homes"],
    }


def _room(channel: Json, actors: list[tuple[Json, str]]) -> Json:
    return {
        "id": channel["id"],
        "name": channel["name"],
        "messages": channel["messages"],
        "thinking": channel["statuses"],
        "actors": [
            {"id": user["id"], "label": f"{_first_name(user)} ({note})"} for user, note in actors if not user["is_bot"]
        ],
    }


def _first_name(user: Json) -> str:
    return str(user["real_name"]).split()[0]


def _right(user: Json, approvers: set[str]) -> str:
    if user["is_guest"]:
        return "guest"
    return "approver" if user["id"] in approvers else "not an approver"


def _person(user: Json, teams: dict[str, str]) -> Json:
    role = "bot" if user["is_bot"] else "staff" if user["is_home"] else "customer"
    return {"name": user["real_name"], "team": teams[user["team_id"]], "role": role}


def money_part(ledger: Json, before: set[str]) -> Json:
    """Refunds not in `before`, newest first, what moved by currency, and how many were paid twice under one action."""
    refunds = [refund for refund in ledger["refunds"] if refund["id"] not in before]
    moved: dict[str, Json] = {}
    for refund in _moving(refunds):
        entry = moved.setdefault(refund["currency"].upper(), {"amount": 0, "count": 0})
        entry["amount"] += refund["amount"]
        entry["count"] += 1
    paid = [value["count"] for values in ledger["by_metadata"].values() for value in values.values()]
    return {
        "refunds": [_refund(refund) for refund in refunds],
        "moved": [{"currency": currency, **entry} for currency, entry in sorted(moved.items())],
        "twice": sum(count > 1 for count in paid),
    }


def _moving(refunds: list[Json]) -> Iterator[Json]:
    return (refund for refund in refunds if refund["status"] not in ("failed", "canceled"))


def _refund(refund: Json) -> Json:
    return {
        "id": refund["id"],
        "at": refund["created"],
        "charge": refund["charge"],
        "amount": refund["amount"],
        "currency": refund["currency"].upper(),
        "status": refund["status"],
    }
