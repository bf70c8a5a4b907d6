"""What the company has written down, cut into passages and searched."""

from agents_team.knowledge.library import Floor, Hit, Knowledge
from agents_team.knowledge.passages import Passage
from agents_team.knowledge.store import Indexed, PassageStore

__all__ = ["Floor", "Hit", "Indexed", "Knowledge", "Passage", "PassageStore"]
