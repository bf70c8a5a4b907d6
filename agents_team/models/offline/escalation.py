"""The offline escalation specialist: one call, one kind sentence."""

from agents_team.models.offline import extract
from agents_team.models.offline.common import to_a_person
from agents_team.models.offline.moves import Move
from agents_team.models.offline.reading import Reading


def escalation(reading: Reading) -> Move:
    """Fetch a person, always."""
    reason = "asked for a person" if extract.wants_person(reading.question) else "needs a person's judgement"
    return to_a_person(reading, reason)
