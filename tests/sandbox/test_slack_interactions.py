"""Clicks, modals, commands and shortcuts, against an app made with Slack's own Bolt over Socket Mode."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from slack_support import (
    ACME,
    ALICE,
    BOT,
    NIA,
    SAM,
    STAFF,
    Json,
    Stage,
    button,
    card,
    modal,
    mrkdwn,
    plain,
    refused,
)

from bot.sandbox.slack.client import SandboxRefused

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Desk:
    """Our app as Bolt sees it: every body that arrived; `answer` is how a submitted modal is acknowledged."""

    bodies: list[Json] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def last(self) -> Json:
        return self.bodies[-1]


def bolt_app(stage: Stage, desk: Desk) -> AsyncApp:
    app = AsyncApp(client=stage.slack)

    @app.event("message")
    @app.event("app_mention")
    async def event(body: Json) -> None:
        desk.bodies.append(body)

    @app.action("approve")
    @app.action("pick")
    @app.shortcut("ticket_create")
    @app.shortcut("queue")
    async def keep(ack: AsyncAck, body: Json) -> None:
        desk.bodies.append(body)
        await ack()

    @app.action("deny")
    async def deny(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        desk.bodies.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=modal(callback_id="deny_form"))
        await ack()

    @app.view("deny_form")
    async def submitted(ack: AsyncAck, body: Json) -> None:
        desk.bodies.append(body)
        await ack(**desk.answer)

    @app.command("/helpdesk")
    async def command(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        desk.bodies.append(body)
        await ack("looking")
        await respond("3 tickets wait", response_type="in_channel")

    return app


@pytest_asyncio.fixture(loop_scope="module")
async def desk(stage: Stage) -> AsyncIterator[Desk]:
    kept = Desk()
    handler = AsyncSocketModeHandler(bolt_app(stage, kept), app_token=stage.ready["app_token"])
    await handler.connect_async()
    await stage.town.until(lambda world: world["sockets"] == 1)
    yield kept
    await stage.town.quiet()
    await handler.close_async()
    await stage.town.until(lambda world: world["sockets"] == 0)


async def test_bolt_hears_a_customer(stage: Stage, desk: Desk):
    await stage.town.say(ACME, ALICE, "where is my order?")
    await stage.town.quiet()

    assert desk.last["event"]["text"] == "where is my order?"
    assert [each["state"] for each in await stage.town.deliveries()] == ["acked"]


async def test_a_click_sends_what_the_button_holds_now(stage: Stage, desk: Desk):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card(button(value="apr_1")))
    await stage.slack.chat_update(
        channel=STAFF, ts=ts, text="a card", blocks=card(button("approve", "apr_2", style="primary"))
    )
    taken = await stage.town.click(STAFF, SAM, ts, "approve")

    body = desk.last
    assert taken["acked"] is True
    assert (body["type"], body["actions"][0]["value"], body["actions"][0]["style"]) == (
        "block_actions",
        "apr_2",
        "primary",
    )
    assert body["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": STAFF,
        "is_ephemeral": False,
    }
    assert (body["message"]["ts"], body["channel"]["name"]) == (ts, "privategroup")


async def test_an_outsiders_click_carries_their_own_team(stage: Stage, desk: Desk):
    ts = await stage.post(channel=ACME, text="how was it?", blocks=card())
    await stage.town.click(ACME, ALICE, ts, "approve")

    assert desk.last["user"]["team_id"] == "T0ACME"
    assert desk.last["team"]["id"] == stage.ready["team_id"]


async def test_nobody_presses_what_is_not_there(stage: Stage, desk: Desk):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card())

    with pytest.raises(SandboxRefused, match="nothing to press"):
        await stage.town.click(STAFF, SAM, ts, "deny")
    with pytest.raises(SandboxRefused, match="not_in_channel"):
        await stage.town.click(STAFF, ALICE, ts, "approve")


async def test_a_stale_button_can_still_be_pressed_raw(stage: Stage, desk: Desk):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card())
    await stage.slack.chat_update(channel=STAFF, ts=ts, text="decided")
    await stage.town.click_raw(STAFF, SAM, ts, "approve", "apr_1")

    assert desk.last["actions"][0]["value"] == "apr_1"


async def test_a_choice_carries_the_option_and_the_other_fields_state(stage: Stage, desk: Desk):
    options = [{"text": plain(name), "value": name.lower()} for name in ("Half", "Full")]
    select = {"type": "static_select", "action_id": "pick", "options": options}
    who = {"type": "users_select", "action_id": "who"}
    ts = await stage.post(channel=STAFF, text="a card", blocks=card(select, who))
    await stage.town.click(STAFF, SAM, ts, "pick", value="half", state={"who": NIA})

    assert desk.last["actions"][0]["selected_option"]["value"] == "half"
    assert desk.last["state"]["values"]["card"]["who"]["selected_user"] == NIA
    with pytest.raises(SandboxRefused, match="no option"):
        await stage.town.click(STAFF, SAM, ts, "pick", value="double")


async def test_a_click_nobody_acknowledges_is_not_sent_again(stage: Stage, desk: Desk):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card(button("unknown")))
    taken = await stage.town.click(STAFF, SAM, ts, "unknown")

    assert (taken["acked"], taken["reason"]) == (False, "timeout")
    assert [each["attempts"] for each in await stage.town.deliveries("block_actions")] == [1]


async def test_a_modal_is_opened_filled_and_closed(stage: Stage, desk: Desk):
    view_id = await deny(stage)
    result = await stage.town.submit(SAM, view_id, reason="out of policy")

    assert desk.last["type"] == "view_submission"
    assert desk.last["view"]["state"]["values"]["why"]["reason"]["value"] == "out of policy"
    assert (result["closed"], await stage.town.modals(SAM)) == (True, [])


async def deny(stage: Stage) -> str:
    """Press Deny as Sam; the id of the modal that opens."""
    ts = await stage.post(channel=STAFF, text="a card", blocks=card(button("deny")))
    await stage.town.click(STAFF, SAM, ts, "deny")
    (view,) = await stage.town.modals(SAM)
    return str(view["id"])


async def test_a_required_field_left_empty_is_not_submitted(stage: Stage, desk: Desk):
    view_id = await deny(stage)

    with pytest.raises(SandboxRefused, match="missing_input"):
        await stage.town.submit(SAM, view_id)
    assert await stage.town.deliveries("view_submission") == []


async def test_errors_keep_the_modal_open(stage: Stage, desk: Desk):
    view_id = await deny(stage)
    desk.answer = {"response_action": "errors", "errors": {"why": "too short"}}
    result = await stage.town.submit(SAM, view_id, reason="no")

    assert (result["closed"], result["errors"]) == (False, {"why": "too short"})
    assert (await stage.town.modals(SAM))[0]["errors"] == {"why": "too short"}


async def test_errors_for_a_field_that_does_not_exist_are_slacks_trouble(stage: Stage, desk: Desk):
    view_id = await deny(stage)
    desk.answer = {"response_action": "errors", "errors": {"reason": "too short"}}

    with pytest.raises(SandboxRefused, match="invalid_response_action"):
        await stage.town.submit(SAM, view_id, reason="no")


async def test_an_update_replaces_the_modal_and_a_push_covers_it(stage: Stage, desk: Desk):
    view_id = await deny(stage)
    desk.answer = {"response_action": "update", "view": modal(callback_id="deny_form", title=plain("Sure?"))}
    await stage.town.submit(SAM, view_id, reason="no")
    updated = await stage.town.modals(SAM)
    desk.answer = {"response_action": "push", "view": modal(title=plain("On top"))}
    await stage.town.submit(SAM, view_id, reason="no")

    assert [view["title"]["text"] for view in updated] == ["Sure?"]
    assert [view["title"]["text"] for view in await stage.town.modals(SAM)] == ["Sure?", "On top"]


async def test_a_trigger_opens_one_view_and_only_soon(stage: Stage, desk: Desk):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card())
    await stage.town.click(STAFF, SAM, ts)
    trigger = desk.last["trigger_id"]
    await stage.slack.views_open(trigger_id=trigger, view=modal())

    with refused("exchanged_trigger_id"):
        await stage.slack.views_open(trigger_id=trigger, view=modal())
    with refused("invalid_trigger_id"):
        await stage.slack.views_open(trigger_id="1.2.abc", view=modal())
    await stage.town.options(trigger_seconds=0.05)
    await stage.town.click(STAFF, SAM, ts)
    await asyncio.sleep(0.1)
    with refused("expired_trigger_id"):
        await stage.slack.views_open(trigger_id=desk.last["trigger_id"], view=modal())


async def test_a_view_is_updated_only_against_the_hash_seen(stage: Stage, desk: Desk):
    view_id = await deny(stage)

    with refused("hash_conflict"):
        await stage.slack.views_update(view_id=view_id, hash="old", view=modal())
    with refused("not_found"):
        await stage.slack.views_update(view_id="V0NOWHERE", view=modal())
    await stage.slack.views_update(view_id=view_id, view=modal(title=plain("Changed")))
    assert (await stage.town.modals(SAM))[0]["title"]["text"] == "Changed"


async def test_a_home_tab_is_published_and_its_buttons_work(stage: Stage, desk: Desk):
    view = (await stage.slack.views_publish(user_id=SAM, view={"type": "home", "blocks": card()}))["view"]
    await stage.town.click_in_view(SAM, view["id"], "approve")

    assert desk.last["container"] == {"type": "view", "view_id": view["id"]}
    with refused("user_not_found"):
        await stage.slack.views_publish(user_id=ALICE, view={"type": "home", "blocks": []})


async def test_a_command_is_answered_in_the_ack_and_by_response_url(stage: Stage, desk: Desk):
    await stage.town.slash(STAFF, SAM, "/helpdesk", "queue")
    await stage.town.until(lambda world: any(channel["messages"] for channel in world["channels"]))

    assert (desk.last["command"], desk.last["text"], desk.last["team_id"]) == (
        "/helpdesk",
        "queue",
        stage.ready["team_id"],
    )
    assert [seen["text"] for seen in await stage.town.ephemerals(SAM)] == ["looking"]
    assert [(each["user"], each["text"]) for each in await stage.town.messages(STAFF)] == [(BOT, "3 tickets wait")]


async def test_commands_are_for_our_own_people(stage: Stage, desk: Desk):
    with pytest.raises(SandboxRefused, match="not_available_to_external_users"):
        await stage.town.slash(ACME, ALICE, "/helpdesk", "queue")
    with pytest.raises(SandboxRefused, match="invalid_command"):
        await stage.town.slash(STAFF, SAM, "/other")


async def test_shortcuts_arrive_with_and_without_a_message(stage: Stage, desk: Desk):
    ts = await stage.town.say(ACME, ALICE, "hello")
    await stage.town.shortcut(SAM, "ticket_create", ACME, ts)
    on_message = desk.last
    await stage.town.shortcut(SAM, "queue")

    assert (on_message["type"], on_message["message"]["ts"]) == ("message_action", ts)
    assert (desk.last["type"], desk.last["callback_id"]) == ("shortcut", "queue")


async def test_a_response_url_serves_five_times(stage: Stage, desk: Desk):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card())
    await stage.town.click(STAFF, SAM, ts)
    url = desk.last["response_url"]
    answers = []
    for _ in range(6):
        async with stage.http.post(url, json={"text": "seen"}) as response:
            answers.append(response.status)

    assert answers == [200] * 5 + [404]
    assert len(await stage.town.ephemerals(SAM)) == 5


async def test_a_response_url_replaces_the_message_it_belongs_to(stage: Stage, desk: Desk):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card())
    await stage.town.click(STAFF, SAM, ts)
    async with stage.http.post(desk.last["response_url"], json={"text": "decided", "replace_original": True}) as done:
        assert await done.text() == "ok"
    async with stage.http.post(desk.last["response_url"], json={"blocks": [{"type": "banner"}]}) as done:
        assert (await done.json())["error"] == "invalid_blocks"

    (message,) = await stage.town.messages(STAFF)
    assert (message["ts"], message["text"]) == (ts, "decided")


async def test_buttons_in_a_whisper_work_for_the_one_who_sees_it(stage: Stage, desk: Desk):
    blocks = [{"type": "section", "text": mrkdwn("share it?"), "accessory": button("approve", "share_1")}]
    answer = await stage.slack.chat_postEphemeral(channel=STAFF, user=SAM, text="share it?", blocks=blocks)
    await stage.town.click(STAFF, SAM, answer["message_ts"], "approve")

    assert desk.last["container"]["is_ephemeral"] is True
    assert "message" not in desk.last
    with pytest.raises(SandboxRefused, match="message_not_found"):
        await stage.town.click(STAFF, NIA, answer["message_ts"], "approve")
