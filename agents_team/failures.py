"""Sorts what can go wrong in a run: wait for the provider, ask the model once more, or fetch a person."""

import json

import openai
from agents.exceptions import (
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelBehaviorError,
    ModelRefusalError,
    ModelTimeoutError,
    OutputGuardrailTripwireTriggered,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrailTripwireTriggered,
)
from pydantic import ValidationError

from agents_team.models.patience import retry_after
from agents_team.turn import TeamGaveUp, TeamUnavailable


class Nonsense(Exception):
    """The model said something no run can go on with; asking again may help."""


_NONSENSE = (ModelBehaviorError, openai.APIResponseValidationError, json.JSONDecodeError, ValidationError)
_TRIPPED = (
    InputGuardrailTripwireTriggered,
    OutputGuardrailTripwireTriggered,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrailTripwireTriggered,
)

# A request the provider understood and will never accept (too long, filtered, malformed) is not cured by waiting.
# A wrong key, an unknown model or an empty account is: an operator mends it, and the run goes on where it stopped.
_REFUSED_FOR_GOOD = frozenset({400, 413, 422})


def sorted_failure(error: Exception) -> Exception:
    """The error of ours that says what to do about `error`; a bug of ours comes back unchanged."""
    if isinstance(error, _NONSENSE):
        return Nonsense(_first_line(error))
    if isinstance(error, openai.APIStatusError) and error.status_code in _REFUSED_FOR_GOOD:
        return TeamGaveUp(f"the model provider refused the request: {_first_line(error)}")
    if isinstance(error, openai.APIError | ModelTimeoutError):
        return TeamUnavailable(f"{type(error).__name__}: {_first_line(error)}", after=retry_after(error))
    if isinstance(error, MaxTurnsExceeded):
        return TeamGaveUp("the run came to no answer within its turns")
    if isinstance(error, ModelRefusalError):
        return TeamGaveUp("the model refused to answer")
    if isinstance(error, _TRIPPED):
        return TeamGaveUp(f"a guardrail stopped the run: {type(error).__name__}")
    return error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
