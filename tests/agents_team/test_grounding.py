"""Every number, day, price and promise of an answer stands in what it cites, or in what was looked up."""

import pytest

from agents_team.guardrails.grounding import Evidence, ungrounded

RETURNS = "Unopened items can be returned within 30 days for a full refund. Returns are free. Up to 5 items a parcel."
SEEN = "expected 2026-05-04, ORD-1001, 49.99 USD"
EVIDENCE = Evidence({"S1": RETURNS}, SEEN)


@pytest.mark.parametrize(
    "text",
    [
        "You have 30 days. [S1]",
        "You get a full refund within thirty days. [S1]",
        "Returns are free of charge. [S1]",
        "You may put up to 5 items into a parcel [S1].",
        "It should be there on May 4, and it cost 49.99 USD.",
        "It should be there on 4 May 2026.",
        "1. Pack it.\n2. Send it within 30 days. [S1]",
        "I see 3 orders of yours.",
    ],
)
def test_what_the_sources_say_may_be_said(text: str) -> None:
    assert ungrounded(text, EVIDENCE) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("You have 45 days. [S1]", "45 days"),
        ("It costs $12. [S1]", "$12"),
        ("You may put up to 8 items into a parcel. [S1]", "8"),
        ("It should be there on May 6.", "May 6"),
        ("It should be there on 2026-05-07.", "2026-05-07"),
        ("Es kommt am 6. Mai.", "6. Mai"),
        ("You get a lifetime warranty. [S1]", "lifetime"),
        ("You can cancel at any time. [S1]", "at any time"),
        ("There are no extra fees.", "no extra fees"),
    ],
)
def test_what_no_source_says_is_named(text: str, named: str) -> None:
    [problem] = ungrounded(text, EVIDENCE)

    assert f'"{named}"' in problem
