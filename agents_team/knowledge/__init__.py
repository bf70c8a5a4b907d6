"""Documents become passages, passages are found again, and every finding says where it comes from."""

from agents_team.knowledge.folder import Knowledge
from agents_team.knowledge.passages import Passage

__all__ = ["Knowledge", "Passage"]
