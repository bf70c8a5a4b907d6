"""The sign that a message was noticed: an eyes reaction, and a status line where the app may show one."""

import logging
import time

from channels.base import Json, PermanentChannelError, TemporaryChannelError
from channels.slack.api import SlackApi
from channels.slack.escape import cut

LOG = logging.getLogger("channels.slack")

EYES = "eyes"
ALREADY_SO = ("already_reacted", "no_reaction", "message_not_found")
LONGEST_STATUS = 100
ASK_AGAIN_SECONDS = 3600.0


class Progress:
    """Shows and removes the sign. Whether the app may set a status is found out by trying, once an hour."""

    def __init__(self, api: SlackApi):
        self._api = api
        self._no_status_until = 0.0

    async def show(self, external_id: str, to: Json, doing: str) -> None:
        """Mark the message, or with doing="" take the mark away. The same again changes nothing."""
        _, channel, ts = external_id.split(":")
        mark = {"channel": channel, "name": EYES, "timestamp": ts}
        try:
            if doing:
                await self._api.paced("reactions.add", "", lambda: self._api.client.reactions_add(**mark))
            else:
                await self._api.paced("reactions.remove", "", lambda: self._api.client.reactions_remove(**mark))
        except PermanentChannelError as error:
            if not any(code in str(error) for code in ALREADY_SO):
                raise
        if doing:
            # Slack itself removes the line when we post into the thread.
            await self._status(channel, str(to.get("thread_ts") or ts), doing)

    async def _status(self, channel: str, thread_ts: str, doing: str) -> None:
        if time.monotonic() < self._no_status_until:
            return
        status = cut(doing, LONGEST_STATUS)
        try:
            await self._api.paced(
                "assistant.threads.setStatus",
                "",
                lambda: self._api.client.assistant_threads_setStatus(
                    channel_id=channel, thread_ts=thread_ts, status=status
                ),
            )
        except (PermanentChannelError, TemporaryChannelError) as error:
            # Only apps declared as agents may; the reaction says the same.
            LOG.info("no status line: %s", error)
            self._no_status_until = time.monotonic() + ASK_AGAIN_SECONDS
