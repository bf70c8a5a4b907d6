"""What the visitor of the page can do, by path; each is given what the page sent."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.page.letters import answer
from bot.sandbox.page.towns import Towns

Json = dict[str, Any]

NOT_ACKNOWLEDGED = (
    "Slack shows a warning sign: the desk did not answer the press in time. Nothing happened; press again."
)


class NotDone(Exception):
    """What the visitor wanted did not happen; the message says why in words for them."""


async def post(towns: Towns, wish: Json) -> None:
    """{as, channel, text, thread_ts?}"""
    await towns.slack.say(wish["channel"], wish["as"], wish["text"], wish.get("thread_ts"))


async def press(towns: Towns, wish: Json) -> None:
    """{as, channel, ts, block_id, action_id, value?}"""
    chosen = {"block_id": wish["block_id"], "value": wish.get("value")}
    _must_be_taken(await towns.slack.click(wish["channel"], wish["as"], wish["ts"], wish["action_id"], **chosen))


async def home(towns: Towns, wish: Json) -> None:
    """{as}: the app's home tab is opened, or looked at again."""
    await towns.slack.home(wish["as"])


async def press_in_home(towns: Towns, wish: Json) -> None:
    """{as, view_id, block_id, action_id}"""
    chosen = {"block_id": wish["block_id"]}
    _must_be_taken(await towns.slack.click_in_view(wish["as"], wish["view_id"], wish["action_id"], **chosen))


async def command(towns: Towns, wish: Json) -> None:
    """{as, channel, text}: what follows /helpdesk"""
    _must_be_taken(await towns.slack.slash(wish["channel"], wish["as"], "/helpdesk", wish["text"]))


async def submit(towns: Towns, wish: Json) -> None:
    """{as, view_id, values}"""
    _must_be_taken(await towns.slack.submit(wish["as"], wish["view_id"], **wish["values"]))


async def close(towns: Towns, wish: Json) -> None:
    """{as, view_id}"""
    await towns.slack.act("close", user=wish["as"], view_id=wish["view_id"])


async def send_mail(towns: Towns, wish: Json) -> None:
    """{subject, text}, or {text, reply_to}"""
    mail = {"to": towns.desk_address, "subject": wish.get("subject"), "text": wish["text"]}
    if wish.get("reply_to"):
        address, desk = towns.customer_address, towns.desk_address
        mails = await towns.mail.mailbox(address, "*")
        mail = answer(mails, wish["reply_to"], wish["text"], address=address, desk=desk)
    await towns.mail.write(towns.customer, **mail)


def _must_be_taken(answer: Json) -> None:
    if not answer["acked"]:
        raise NotDone(NOT_ACKNOWLEDGED)


ACTS: dict[str, Callable[[Towns, Json], Awaitable[None]]] = {
    "/slack/post": post,
    "/slack/press": press,
    "/slack/home": home,
    "/slack/press-home": press_in_home,
    "/slack/command": command,
    "/slack/submit": submit,
    "/slack/close": close,
    "/mail/send": send_mail,
}
