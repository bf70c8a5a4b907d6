"""The figures say what their definitions say: counted from rows, and taken back when the customer returns."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import Session, update

from bot.desk import Desk, utc_now
from bot.numbers.definitions import DEFINITIONS
from bot.numbers.figures import figures, percentile
from bot.numbers.metrics import METRICS, Exposition
from bot.numbers.nightly import recompute_figures
from bot.numbers.report import UnknownPrice, read_price, report, what_if
from bot.numbers.thanks import is_thanks
from storage.models import Note, Run
from tests.arrivals import on_each_database
from tests.desks import rows, settle, with_parts, write

QUESTION = "Where is my order NW-1001?"
DAY = timedelta(days=1)


async def counted(desk: Desk, *, after: timedelta = timedelta(0), **settings: int) -> dict[str, Any]:
    """The figures of the last day, seen `after` that time has passed."""
    numbers = desk.settings.numbers.model_copy(update=settings)
    now = desk.now()
    return await desk.db.read(lambda tx: figures(tx, now - DAY, now + DAY, now + after, numbers))


@on_each_database
async def test_a_question_answered_by_the_bot_alone_is_deflected_once_the_customer_had_time_to_return(
    desk: Desk,
) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)

    soon, later = await counted(desk), await counted(desk, after=timedelta(hours=25))

    assert (soon["tickets"], soon["answered_by_bot"], soon["unsettled"], soon["deflected"]) == (1, 1, 1, 0)
    assert (later["deflected"], later["verified"], later["deflection_rate"]) == (1, 1, 1.0)
    assert later["first_answer_p50"] is not None


async def test_a_deflection_is_taken_back_when_the_customer_returns(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)
    assert (await counted(desk, after=timedelta(hours=25)))["deflected"] == 1

    await write(desk, "T2", "2", QUESTION)
    await settle(desk)
    found = await counted(desk, after=timedelta(hours=50))

    assert found["tickets"] == 2
    assert found["deflected"] == 1, "only the second is settled for good"
    assert found["repeat_contact"] == 1


async def test_a_ticket_that_went_to_a_person_is_no_deflection(desk: Desk) -> None:
    await write(desk, "T1", "1", "I want to talk to a person please")
    await settle(desk)

    found = await counted(desk, after=timedelta(hours=100))

    assert (found["escalated"], found["escalation_rate"], found["deflected"]) == (1, 1.0, 0)
    assert found["first_answer_p50"] is None, "a hand-off text is no answer"
    assert found["first_ack_p50"] is not None


async def test_cost_counts_model_infrastructure_and_people(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)

    def spend(tx: Session) -> None:
        tx.exec(update(Run).values(cost_micros=3_000, input_tokens=1_000_000, output_tokens=0, cached_tokens=0))

    await desk.db.write(spend)
    found = await counted(desk, after=timedelta(hours=25), infrastructure_micros_per_day=500)

    assert found["micros_per_ticket"] == 3_000
    assert found["micros_per_verified"] == 3_000 + 2 * 500
    assert what_if(found, read_price("gpt-5-mini"), "gpt-5-mini")["model_micros"] == 250_000


def test_a_price_is_a_known_model_or_three_amounts() -> None:
    assert read_price("0.25,0.025,2") == read_price("gpt-5-mini")
    for wrong in ("gpt-nobody-knows", "1,2", "a,b,c", "1,2,-3"):
        with pytest.raises(UnknownPrice):
            read_price(wrong)


async def test_the_report_holds_every_figure_that_is_defined_and_no_other(desk: Desk) -> None:
    told = await desk.db.read(
        lambda tx: report(tx, desk.jobs, desk.now(), days=7, settings=desk.settings.numbers, price="gpt-5-mini")
    )

    assert told["figures"].keys() == DEFINITIONS.keys()
    assert told["what_if"]["price"] == "gpt-5-mini"


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([5.0], 95, 5.0), ([1.0, 2.0, 3.0, 4.0], 50, 2.0), ([1.0, 2.0, 3.0, 4.0], 95, 4.0)],
)
def test_percentiles_are_values_that_really_occurred(values: list[float], percent: int, expected: float | None) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("text", "thanks"),
    [
        ("Thanks a lot!", True),
        ("Perfect, danke", True),
        ("Thanks, but it still fails", False),
        ("Great. And my refund?", False),
    ],
)
def test_thanks_ask_for_nothing_more(text: str, thanks: bool) -> None:
    assert is_thanks(text) is thanks


async def test_the_figures_of_the_last_days_are_computed_again_every_night(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)
    tomorrow = with_parts(desk, now=lambda: utc_now() + timedelta(hours=26))
    await recompute_figures(tomorrow)
    day = f"figures:{utc_now():%Y-%m-%d}"
    before = {note.name: note.value for note in await rows(desk, Note)}[day]

    await write(desk, "T2", "2", QUESTION)
    await settle(desk)
    await recompute_figures(tomorrow)
    after = {note.name: note.value for note in await rows(desk, Note)}[day]

    assert (before["deflected"], before["tickets"]) == (1, 1)
    assert after["tickets"] == 2


# ------------------------------------------------------------------ metrics


@on_each_database
async def test_metrics_can_be_read_by_prometheus_and_are_those_in_the_table(desk: Desk) -> None:
    await write(desk, "T1", "1", QUESTION)
    await settle(desk)

    families = list(text_string_to_metric_families((await Exposition(desk).text()).decode()))
    values = {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}

    assert {family.name for family in families} == METRICS.keys()
    assert values["helpdesk_deliveries_total", "message"] == 1
    assert values["helpdesk_replies", "sent"] == 1
    assert values["helpdesk_runs_total", "answered"] == 1
    assert values["helpdesk_part_up", "database"] == 1


async def test_two_scrapes_at_once_cost_one_look(desk: Desk) -> None:
    exposition = Exposition(desk)
    first = await exposition.text()
    await write(desk, "T1", "1", QUESTION)

    assert await exposition.text() == first
