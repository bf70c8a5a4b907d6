"""Deciding in the console: the same rules, rows and money as in Slack, and a polite answer when it is too late."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.console.render import render
from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from channels.memory import pressed
from storage.models import ActionState, Decision
from tests.bot.refunds import ROBIN as SLACK_ROBIN
from tests.bot.refunds import asked, newest, now
from tests.bot.refunds import press as press_in_slack
from tests.console.browsing import NIA, ROBIN, SAM, Browser, Page, having
from tests.desks import hand_in, room_of, rows, settle, slack_of

Opening = Callable[..., Browser]


async def test_an_approval_in_the_console_pays_once_and_the_customer_is_told(
    desk: Desk, town: PaymentsTown, sam: Browser
) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")

    answers = [await sam.send(form), await sam.send(form)]
    await settle(desk)

    (decision,) = await rows(desk, Decision)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Recorded: approve." in answers[1].text
    assert (decision.by, decision.by_name, decision.won) == (SAM, "Sam", True)
    assert (await now(desk, action)).state is ActionState.DONE
    assert await town.refunded("ch_alice_1002") == 9900
    assert "99.00" in slack_of(desk).sent[-1].text


async def test_a_denial_keeps_its_reason(desk: Desk, sam: Browser) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="deny")

    answer = await sam.send(form, reason="It was <b>not</b> charged twice.")

    (decision,) = await rows(desk, Decision)
    assert "Recorded: deny." in answer.text
    assert decision.reason == "It was <b>not</b> charged twice."
    assert "It was &lt;b&gt;not&lt;/b&gt; charged twice." in answer.text


async def test_who_comes_second_hears_who_was_first(desk: Desk, sam: Browser) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")
    await press_in_slack(desk, action, "deny", by=SLACK_ROBIN)

    answer = await sam.send(form)

    assert "already denied, decided by" in Page(answer.text).text
    assert (await now(desk, action)).state is ActionState.DENIED


async def test_a_page_with_old_terms_decides_nothing_and_leads_to_the_new_ones(desk: Desk, sam: Browser) -> None:
    action = await asked(desk)
    page = await sam.page(f"/console/actions/{action.id}")
    await sam.send(page.form(verb="amend"), amount="40.00")
    changed = await newest(desk)

    answer = Page((await sam.send(page.form(verb="approve"))).text)

    assert changed.id != action.id
    assert "The terms changed after this card was posted" in answer.text
    assert f"/console/actions/{changed.id}" in answer.links.values()
    assert (await now(desk, changed)).state is ActionState.PENDING


@having(policy={"refund": {"approval_limit": "50.00"}})
async def test_two_different_people_must_agree_wherever_they_press(desk: Desk, sam: Browser) -> None:
    action = await asked(desk)
    approve = f"/console/actions/{action.id}"
    assert action.approvals_needed == 2

    first = await sam.send((await sam.page(approve)).form(verb="approve"))
    again = await sam.send((await sam.page(approve)).form(verb="approve"))
    assert "1 of 2 approvals" in first.text
    assert "You have approved this already" in again.text

    await press_in_slack(desk, action, "approve", by=SLACK_ROBIN)
    assert (await now(desk, action)).state in (ActionState.APPROVED, ActionState.DONE)


async def test_what_money_did_meanwhile_is_seen_before_anybody_decides(
    desk: Desk, town: PaymentsTown, sam: Browser
) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")
    await town.refund_by_hand("ch_alice_1002", 9900)

    answer = await sam.send(form)

    assert "This is no longer possible" in answer.text
    assert (await now(desk, action)).state is ActionState.BLOCKED
    assert await town.refunded("ch_alice_1002") == 9900


async def test_whoever_has_the_machine_decides_as_at_the_command_line(desk: Desk, open_browser: Opening) -> None:
    operator, action = open_browser(), await asked(desk)
    await operator.sign_in("cli/pat", "pat")

    answer = await operator.send((await operator.page(f"/console/actions/{action.id}")).form(verb="approve"))

    (decision,) = await rows(desk, Decision)
    assert "Recorded: approve." in answer.text
    assert decision.by == "cli/pat"


async def test_while_the_staff_channel_is_not_private_nobody_decides_here_either(desk: Desk, sam: Browser) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")
    room_of(desk).closed = "the staff channel is not private"

    answer = await sam.send(form)

    assert "the staff channel is not private" in answer.text
    assert (await now(desk, action)).state is ActionState.PENDING


async def test_what_somebody_heard_is_shown_to_nobody_else(desk: Desk, sam: Browser, open_browser: Opening) -> None:
    robin, action = open_browser(), await asked(desk)
    await robin.sign_in(ROBIN, "Robin")
    answer = await sam.send((await sam.page(f"/console/actions/{action.id}")).form(verb="approve"))

    shared = await robin.get(str(answer.url))

    assert 'class="answer won"' in answer.text
    assert 'class="answer won"' not in shared.text


@having(console={"people": "U0NIA"})
async def test_a_pause_of_money_is_flipped_here_and_only_approvers_flip_it_back(
    open_browser: Opening, sam: Browser
) -> None:
    nia = open_browser()
    await nia.sign_in(NIA, "Nia")
    page = await sam.page("/console/desk")
    paused = Page((await sam.send(page.form(scope="money"), do="pause")).text)

    assert "Paused: money" in paused.text

    refused = await nia.send((await nia.page("/console/desk")).form(scope="money"), do="resume")
    assert refused.status_code == 403
    assert "Only an approver" in refused.text

    resumed = Page((await sam.send(paused.form(scope="money"), do="resume")).text)
    assert "Nothing is paused" in resumed.text


@pytest.mark.parametrize("change", [{"verb": "explode"}, {"value": "act_other:1:00"}, {"press": "x"}])
async def test_a_form_that_was_tampered_with_decides_nothing(desk: Desk, sam: Browser, change: dict[str, str]) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")

    answer = await sam.send(form, **change)

    assert answer.status_code == 400
    assert await rows(desk, Decision) == []


# ------------------------------------------------------------------ nothing breaks out

NASTY = st.text(st.sampled_from("<>&\"'/=` abscriptonerrorimg{}%#\\\n\0\u202e"), max_size=60) | st.text(max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=NASTY, words=NASTY)
def test_no_text_breaks_out_of_a_page(title: str, words: str) -> None:
    plain, filled = render("told.html", title="x", words="x"), render("told.html", title=title, words=words)

    shape = [(tag, sorted(attributes)) for tag, attributes in Page(bytes(plain.body).decode()).elements]
    assert [(tag, sorted(attributes)) for tag, attributes in Page(bytes(filled.body).decode()).elements] == shape


BREAKING_OUT = (
    '</div></textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>" onfocus="alert(1) {{7*7}}'
)


async def test_a_customers_words_are_words_on_every_page(desk: Desk, sam: Browser) -> None:
    action = await asked(desk, f"Please refund order ORD-1002, I was charged twice. {BREAKING_OUT}")
    await hand_in(desk, pressed("1", "deny", f"{action.id}:1:{action.terms_hash[:16]}", at=desk.now(),
                                inputs={"reason": BREAKING_OUT}))  # fmt: skip
    await settle(desk)
    pages = ["", "?list=all", f"?words={'%3Cscript%3E'}", f"/tickets/{action.ticket_id}", f"/actions/{action.id}",
             f"/runs/{action.run_id}", "/numbers"]  # fmt: skip

    seen = ""
    for path in pages:
        page = await sam.page(f"/console{path}")
        seen += page.text
        assert [tag for tag, _ in page.elements if tag in ("script", "img", "iframe", "style")] == [], path
        assert [given for _, given in page.elements if any(name.startswith("on") for name in given)] == [], path
        assert [given for _, given in page.elements if "style" in given] == [], path
    assert "<script>alert(1)</script>" in seen
    assert "{{7*7}}" in seen
