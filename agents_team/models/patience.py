"""One quick second try of a model call, no more: the whole run is repeated later, and its journal makes that cheap.

The client itself never retries, so the tries never multiply; what the provider says about when to come back is kept.
"""

import asyncio
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import openai
from agents.items import ModelResponse
from agents.models.interface import Model

from agents_team.models.base import WholeModel

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
"""A provider that asks for more is not waited for: the job comes back when it said."""

PASSING = frozenset({408, 409, 429, 500, 502, 503, 504, 529})


class SteadyModel(WholeModel):
    """A model that is asked once more when the trouble may be over in a moment."""

    def __init__(self, inner: Model):
        self._inner = inner

    async def get_response(self, *arguments: Any, **named: Any) -> ModelResponse:
        """As the model's own. Raises what it raised the second time, or the first when waiting makes no sense."""
        try:
            return await self._inner.get_response(*arguments, **named)
        except openai.APIError as error:
            pause = pause_before_retry(error)
            if pause is None:
                raise
            await asyncio.sleep(pause)
        return await self._inner.get_response(*arguments, **named)


def pause_before_retry(error: openai.APIError) -> float | None:
    """Seconds until one more try makes sense; None when it does not (a refusal, or a longer wait was asked for).

    An empty account (insufficient_quota) also comes as 429 and is no matter of seconds.
    """
    if isinstance(error, openai.APITimeoutError):
        return None  # it took a full timeout already
    if isinstance(error, openai.APIConnectionError):
        return _jittered(FIRST_PAUSE)
    if not isinstance(error, openai.APIStatusError) or error.status_code not in PASSING:
        return None
    if error.code == "insufficient_quota":
        return None
    wanted = retry_after(error)
    if wanted is None:
        return _jittered(FIRST_PAUSE)
    return wanted if wanted <= LONGEST_PAUSE else None


def retry_after(error: Exception) -> float | None:
    """How many seconds the provider asked us to wait (Retry-After of RFC 9110, or retry-after-ms); None: nothing."""
    if not isinstance(error, openai.APIStatusError):
        return None
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        return max(0.0, (parsedate_to_datetime(headers["retry-after"]) - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.5)
