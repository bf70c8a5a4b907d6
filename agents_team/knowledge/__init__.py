"""What the company has written down, cut into passages and searched without a network."""

from agents_team.knowledge.folder import Knowledge
from agents_team.knowledge.lexical import Hit
from agents_team.knowledge.passages import Passage

__all__ = ["Hit", "Knowledge", "Passage"]
