"""The bytes of a file in Slack: asked for by id, read from Slack's own hosts only, and never more than agreed."""

from urllib.parse import urlsplit

import aiohttp

from channels.base import Json, PermanentChannelError, TemporaryChannelError
from channels.slack.api import SlackApi
from channels.slack.failures import of_broken_line

CHUNK = 64 * 1024


async def fetch_file(api: SlackApi, api_url: str, token: str, source: Json, most_bytes: int) -> tuple[bytes, str]:
    """(bytes, content type) of the file that `source` names.

    The bot's token goes to Slack's hosts and nowhere else: files "in Slack" may lie on any server. Files of other
    companies come without an address, so files.info is always asked first.
    """
    file_id = str(source.get("file_id") or "")
    if not file_id:
        raise PermanentChannelError("this file has no id")
    answer = await api.answer(api.client.files_info(file=file_id))
    file = answer.get("file") or {}
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    if file.get("is_external") or not may_carry_token(url, api_url):
        raise PermanentChannelError("this file is not kept by Slack itself, so it is not fetched")
    if int(file.get("size") or 0) > most_bytes:
        raise PermanentChannelError(f"this file is larger than {most_bytes} bytes")
    expected = str(file.get("mimetype") or "application/octet-stream")
    return await _download(api, url, token, most_bytes, expected), expected


def may_carry_token(url: str, api_url: str) -> bool:
    """Whether `url` is one of Slack's own (or of the configured stand-in for Slack)."""
    try:
        ours, theirs = urlsplit(api_url), urlsplit(url)
        host = (theirs.hostname or "").lower()
        odd = theirs.username is not None or theirs.password is not None
    except ValueError:
        return False
    if odd:
        return False
    if theirs.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")) and theirs.port in (None, 443):
        return True
    return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)


async def _download(api: SlackApi, url: str, token: str, most_bytes: int, expected: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with api.session.get(url, headers=headers, allow_redirects=False) as response:
            if response.status == 429 or response.status >= 500:
                raise TemporaryChannelError(f"Slack's file server answered {response.status}")
            if response.status != 200:
                raise PermanentChannelError(f"Slack's file server answered {response.status}")
            if response.content_type == "text/html" and expected != "text/html":
                raise PermanentChannelError("Slack showed a sign-in page instead of the file: add the scope files:read")
            return await _at_most(response, most_bytes)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise of_broken_line(error) from error


async def _at_most(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > most_bytes:
            raise PermanentChannelError(f"this file is larger than {most_bytes} bytes")
    return bytes(body)
