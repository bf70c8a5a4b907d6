"""Whoever asks for a person gets one, whatever the team made of the wish. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from agents_team.language import guess_language
from agents_team.notices import notice
from agents_team.turn import Answer, EscalationWish

REASON = "asked for a person"


def as_wished(answer: Answer, asked: Sequence[str]) -> Answer:
    """`answer`, with the escalation it lacks although one of the texts asks for a person; the requester is told."""
    from agents_team.models.offline.extract import wants_person  # with the SDK: seconds, which only a worker spends

    wish = next((text for text in asked if wants_person(text)), None)
    if wish is None or answer.escalation is not None:
        return answer
    told = notice("person", answer.language or guess_language(wish))
    return replace(
        answer, text=f"{answer.text}\n\n{told}".strip(), escalation=EscalationWish(REASON, "medium", wish[:300])
    )
