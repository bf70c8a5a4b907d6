"""Asks the team what it would have answered: a team and no desk, so there is nothing it could send or do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from agents_team.facts import message_items
from agents_team.guardrails import mask_pii
from agents_team.team import Team
from agents_team.tools.shop import Shop
from agents_team.turn import Answer, EscalationWish, Said, TeamGaveUp, TeamUnavailable, Turn
from bot.evals.replay.likeness import Likeness, likeness
from bot.evals.replay.past import Moment, PastMessage
from bot.evals.runner import Kept
from channels.base import Trust


@dataclass(frozen=True, slots=True)
class Compared:
    """One moment: what staff wrote, what the team would have said, and how alike that is.

    `outcome` is "answered", "escalated" or "gave up" (a person would have been fetched, `why` says it).
    """

    moment: Moment
    answer: Answer
    outcome: str
    why: str
    like: Likeness

    @property
    def theirs(self) -> str:
        """What staff wrote."""
        return _text(self.moment.answered)


async def in_shadow(
    shop: Shop, team: Team, chosen: Sequence[Moment], *, proven: bool = True, side_by_side: int = 4
) -> list[Compared]:
    """Every moment in order; conversations side by side, each with what staff really wrote as its past.

    `proven`: whoever wrote from the address of an account is taken for its owner, as old mail proves nothing any more.
    """
    free = asyncio.Semaphore(side_by_side)

    async def one(conversation: list[Moment]) -> list[Compared]:
        found: list[Compared] = []
        async with free:
            for moment in conversation:
                lane = found[-1].answer.specialist or None if found else None
                found.append(await _compared(shop, team, moment, lane, proven))
        return found

    conversations = [list(each) for _, each in groupby(chosen, key=lambda moment: moment.conversation)]
    return [each for found in await asyncio.gather(*map(one, conversations)) for each in found]


async def _compared(shop: Shop, team: Team, moment: Moment, lane: str | None, proven: bool) -> Compared:
    outcome, why = "answered", ""
    try:
        answer = await team.respond(await _turn(shop, moment, lane, proven), Kept())
        if answer.escalation is not None:
            outcome, why = "escalated", answer.escalation.reason
    except (TeamGaveUp, TeamUnavailable) as error:
        draft = error.draft if isinstance(error, TeamGaveUp) else ""
        answer = Answer(draft, "", (), escalation=EscalationWish(str(error), "high", ""))
        outcome, why = "gave up", str(error)
    return Compared(moment, answer, outcome, why, likeness(answer.text, _text(moment.answered)))


async def _turn(shop: Shop, moment: Moment, lane: str | None, proven: bool) -> Turn:
    customer = await shop.find_customer(email=moment.requester) if proven and moment.requester else None
    last = moment.asked[-1]
    name = f"{abs(hash((moment.conversation, moment.number))):x}"
    return Turn(
        run_id=f"run_replay{name}",
        ticket_id=f"tkt_replay{name}",
        channel="replay",
        new=tuple(map(_said, moment.asked)),
        memory=tuple(message_items(tuple(map(_said, moment.before)))),
        requester_name=customer.name if customer else last.name,
        customer_id=customer.id if customer else None,
        trust=int(Trust.ONE_TIME_CODE if customer else Trust.UNKNOWN),
        lane=lane,
        now=last.at,
    )


def _said(message: PastMessage) -> Said:
    return Said(message.who, mask_pii(message.text).text, message.at, message.name)


def _text(messages: Sequence[PastMessage]) -> str:
    return "\n\n".join(message.text for message in messages)
