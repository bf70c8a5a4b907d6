"""What a requester writes may be long and strange: it is read in one go, and nobody else waits for it."""

import pytest

from agents_team.guardrails import mask_pii
from agents_team.guardrails.grounding import Evidence, ungrounded
from agents_team.guardrails.injection import suspicion_of
from agents_team.models.offline.triage import by_rule
from agents_team.router import shipped_router

CHARACTERS = 200_000
"""What looks at every end for every beginning takes minutes with so many, and this test is then ended."""


@pytest.mark.parametrize(
    "piece", ["a", "A1", "_", "a.", "a+", "1", "1,", "4 ", "\n", " ", "(", ": ", "*", "> ", "ORD-"]
)
def test_a_long_text_of_one_kind_is_read_once(piece: str) -> None:
    text = (piece * CHARACTERS)[:CHARACTERS]

    assert len(mask_pii(text).text) > 0
    assert suspicion_of(text).score <= 100
    assert shipped_router().guess(text).confidence <= 1
    assert by_rule(text) is None
    assert isinstance(ungrounded(text, Evidence()), list)
