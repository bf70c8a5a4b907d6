"""The budget: nobody is slowed down until Slack asks, then its Retry-After and its pace are kept."""

import pytest

from channels.slack.budget import CAREFUL_SECONDS, Budget, SlowDown


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def waits(budget: Budget, method: str = "chat.postMessage", where: str = "C1") -> float:
    try:
        budget.take(method, where)
    except SlowDown as error:
        return error.retry_after or 0.0
    return 0.0


def test_without_a_complaint_everything_goes():
    budget = Budget(Clock())
    assert [waits(budget) for _ in range(500)] == [0.0] * 500


def test_until_slack_allows_it_again_nothing_is_posted_in_this_channel_and_everything_in_others():
    clock = Clock()
    budget = Budget(clock)
    budget.refused("chat.postMessage", "C1", 7)

    assert waits(budget) == pytest.approx(7)
    assert waits(budget, where="C2") == 0
    assert waits(budget, method="chat.update") == 0
    clock.now += 7
    assert waits(budget) == 0


def test_after_a_complaint_the_channel_keeps_to_one_a_second_with_a_short_burst():
    clock = Clock()
    budget = Budget(clock)
    budget.refused("chat.postMessage", "C1", 1)
    clock.now += 60

    assert [waits(budget) for _ in range(3)] == [0, 0, 0]
    assert waits(budget) == pytest.approx(1)
    clock.now += 1
    assert waits(budget) == 0


def test_after_a_while_without_complaints_it_is_forgotten():
    clock = Clock()
    budget = Budget(clock)
    budget.refused("chat.postMessage", "C1", 1)
    clock.now += CAREFUL_SECONDS + 2
    assert [waits(budget) for _ in range(100)] == [0.0] * 100
