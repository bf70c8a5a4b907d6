"""Pure checks of what comes in and what goes out."""

from agents_team.guardrails.injection import Suspicion, suspicion_of
from agents_team.guardrails.output import Sent, problems_of
from agents_team.guardrails.pii import Masked, mask_pii

__all__ = ["Masked", "Sent", "Suspicion", "mask_pii", "problems_of", "suspicion_of"]
