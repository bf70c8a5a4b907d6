"""Pictures in the staff channel: uploaded in Slack's three steps, shown in the thread of the card they belong to."""

from collections.abc import Sequence

import aiohttp

from channels.base import PermanentChannelError, TemporaryChannelError
from channels.cards import Picture
from channels.slack.api import PAGE, SlackApi
from channels.slack.escape import escaped
from channels.slack.failures import of_broken_line
from channels.slack.files import may_carry_token
from channels.slack.parse import is_mine


async def missing_pictures(api: SlackApi, channel: str, ts: str, pictures: Sequence[Picture]) -> list[Picture]:
    """Those of `pictures` that no message of ours in this thread carries."""
    me = await api.me()
    replies = api.pages(
        lambda cursor: api.client.conversations_replies(channel=channel, ts=ts, limit=PAGE, cursor=cursor), "messages"
    )
    there = {
        str(file.get("name"))
        async for message in replies
        if is_mine(message, me)
        for file in message.get("files") or []
    }
    return [picture for picture in pictures if picture.name not in there]


async def share_pictures(
    api: SlackApi, api_url: str, channel: str, ts: str, pictures: Sequence[Picture], doubt_seconds: float
) -> None:
    """Upload each, then show all of them in one reply: files that are only uploaded are seen by nobody.

    https://docs.slack.dev/messaging/working-with-files. Raises TemporaryChannelError or PermanentChannelError.
    """
    files: list[dict[str, str | None]] = [
        {"id": await _upload(api, api_url, picture), "title": picture.title} for picture in pictures
    ]
    said = escaped(" · ".join(picture.title for picture in pictures))
    try:
        await api.paced(
            "files.completeUploadExternal",
            channel,
            lambda: api.client.files_completeUploadExternal(
                files=files, channel_id=channel, thread_ts=ts, initial_comment=said
            ),
        )
    except TemporaryChannelError as error:
        if error.in_doubt:
            raise TemporaryChannelError(str(error), retry_after=doubt_seconds, in_doubt=True) from error
        raise


async def _upload(api: SlackApi, api_url: str, picture: Picture) -> str:
    """The id of the uploaded file."""
    answer = await api.paced(
        "files.getUploadURLExternal",
        "",
        lambda: api.client.files_getUploadURLExternal(
            filename=picture.name, length=len(picture.content), alt_txt=picture.words
        ),
    )
    url = str(answer.get("upload_url") or "")
    if not may_carry_token(url, api_url):
        raise PermanentChannelError("Slack named an upload address that is not its own")
    try:
        async with api.session.post(url, data=picture.content, allow_redirects=False) as response:
            if response.status != 200:
                raise TemporaryChannelError(f"Slack's file server answered {response.status} to an upload")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise of_broken_line(error) from error
    return str(answer["file_id"])
