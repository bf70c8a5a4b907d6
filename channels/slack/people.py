"""Who somebody is: their team decides whether they are staff, and Slack's own flags whether they are a guest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.base import Author, Json, Role, Trust
from channels.slack.config import ChannelRules


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself, as auth.test tells it. `team_id` is the home team, `url` its address ("https://acme.slack.com/")."""

    team_id: str
    user_id: str
    bot_id: str = ""
    enterprise_id: str | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One user as users.info tells it; fields of external users may be thin. `teams` are a grid member's workspaces."""

    user_id: str
    team_id: str = ""
    enterprise_id: str | None = None
    name: str = ""
    email: str | None = None
    guest: bool = False
    stranger: bool = False
    bot: bool = False
    deleted: bool = False
    teams: frozenset[str] = frozenset()

    @classmethod
    def from_users_info(cls, user: Mapping[str, Any]) -> "Person":
        profile = user.get("profile") or {}
        grid = user.get("enterprise_user") or {}
        return cls(
            user_id=str(user.get("id") or ""),
            team_id=str(user.get("team_id") or profile.get("team") or ""),
            enterprise_id=grid.get("enterprise_id") or None,
            name=name_in(profile) or str(user.get("real_name") or user.get("name") or ""),
            email=profile.get("email") or None,
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            stranger=bool(user.get("is_stranger")),
            bot=bool(user.get("is_bot") or user.get("is_workflow_bot")),
            deleted=bool(user.get("deleted")),
            teams=frozenset(str(team) for team in grid.get("teams") or []),
        )


def name_in(profile: Mapping[str, Any]) -> str:
    """How they are called: the real name before the handle (external users often have only one of them)."""
    return str(profile.get("real_name") or profile.get("display_name") or profile.get("name") or "")


def belongs_home(me: Me, team_id: str, person: Person | None) -> bool:
    """Whether somebody may act for our company: home team (or its enterprise grid), no guest, no stranger.

    `is_stranger` alone proves nothing: it is false for an external user who shares a channel with us.
    """
    if person is not None and (person.guest or person.stranger or person.deleted or person.bot):
        return False
    same_grid = person is not None and me.enterprise_id is not None and person.enterprise_id == me.enterprise_id
    return team_id == me.team_id or same_grid


def may_press(me: Me, team_id: str, person: Person | None) -> bool:
    """Whether a click counts as one of ours: of the home team, and Slack told us who it is (fail closed).

    On an enterprise grid somebody can be a member of several workspaces, and either place may name another of them.
    """
    if person is None or not belongs_home(me, me.team_id, person):
        return False
    if is_member(me, person):
        return True
    return team_id == me.team_id and person.team_id in ("", team_id)


def is_member(me: Me, person: Person | None) -> bool:
    """Whether our grid says that this person is in our workspace, whatever other workspace an event names."""
    if person is None or me.enterprise_id is None or person.enterprise_id != me.enterprise_id:
        return False
    return me.team_id in person.teams


def team_of(event: Json, person: Person | None) -> str:
    """The author's team: T… ids first, because `user_team` names only the grid (E…) in some events."""
    profile = event.get("user_profile") or {}
    claims = [
        event.get("user_team"),
        person.team_id if person else None,
        event.get("team"),
        event.get("source_team"),
        profile.get("team") if isinstance(profile, Mapping) else None,
    ]
    known = [str(claim) for claim in claims if claim]
    return next((claim for claim in known if claim.startswith("T")), known[0] if known else "")


def author_of(event: Json, me: Me, person: Person | None, *, shared: bool, rules: ChannelRules | None = None) -> Author:
    """The author of a message. `shared` says that its channel is shared with another company.

    Guests of our own workspace are requesters without a company: two guests may come from two companies.
    An author whose team is unknown is a requester with no trust. `rules` may override who is staff here; that
    somebody is a customer here takes nothing from how well Slack knows them.
    """
    user_id = str(event.get("user"))
    team_id = me.team_id if is_member(me, person) else team_of(event, person)
    home = belongs_home(me, team_id, person)
    staff = _overridden(home, user_id, team_id, rules)
    if home and not staff:
        return _colleague(event, person, team_id)
    foreign = bool(team_id) and team_id != me.team_id and not staff
    return Author(
        external_id=f"{team_id or '?'}/{user_id}",
        name=_name_of(event, person) or user_id,
        role=Role.STAFF if staff else Role.REQUESTER,
        trust=_trust(staff=staff, foreign=foreign, shared=shared),
        company_key=team_id if staff or foreign else None,
        email=person.email if person else None,
    )


def _overridden(home: bool, user_id: str, team_id: str, rules: ChannelRules | None) -> bool:
    """Whether somebody counts as staff here; who is named comes before whose team is."""
    if rules is None:
        return home
    for name in (user_id, team_id):
        if name in rules.customers:
            return False
        if name in rules.staff:
            return True
    return home


def _colleague(event: Json, person: Person | None, team_id: str) -> Author:
    """One of our own people who is a customer in this channel; our workspace proves who they are."""
    user_id = str(event.get("user"))
    return Author(
        external_id=f"{team_id}/{user_id}",
        name=_name_of(event, person) or user_id,
        role=Role.REQUESTER,
        trust=Trust.SLACK_CONNECT,
        company_key=team_id,
        email=person.email if person else None,
    )


def _trust(*, staff: bool, foreign: bool, shared: bool) -> Trust:
    if staff:
        return Trust.VOUCHED
    return Trust.SLACK_CONNECT if foreign and shared else Trust.UNKNOWN


def _name_of(event: Json, person: Person | None) -> str:
    if person is not None and person.name:
        return person.name
    profile = event.get("user_profile")
    return name_in(profile) if isinstance(profile, Mapping) else ""
