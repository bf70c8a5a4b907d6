"""The offline team: rules and examples instead of a network, honest about what it does not know."""

from agents_team.models.offline.model import OfflineModel, OfflineModels, offline_backend

__all__ = ["OfflineModel", "OfflineModels", "offline_backend"]
