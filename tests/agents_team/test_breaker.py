"""A provider that is down is left alone for a while, then tried by one, and trusted again when it answers."""

from agents_team.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(failures=3, seconds=30, clock=clock)
    for _ in range(3):
        assert breaker.closed()
        breaker.failed()
    return breaker


def test_after_three_failures_in_a_row_nobody_asks() -> None:
    assert not opened(Clock()).closed()


def test_an_answer_in_between_begins_the_count_again() -> None:
    breaker = Breaker(failures=2)
    breaker.failed()
    breaker.answered()
    breaker.failed()

    assert breaker.closed()


def test_after_a_while_one_tries_and_the_others_still_do_not() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31

    assert [breaker.closed(), breaker.closed()] == [True, False]

    breaker.answered()
    assert breaker.closed()


def test_a_failed_try_keeps_it_open_for_another_while() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    assert breaker.closed()
    breaker.failed()
    clock.now += 29

    assert not breaker.closed()
    clock.now += 2
    assert breaker.closed()
