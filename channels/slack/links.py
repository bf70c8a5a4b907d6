"""Links that say where they lead: only https and mailto, and a label never hides another host."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from channels.moments import Moment

Element = dict[str, Any]

LONGEST_URL = 2_000
LONGEST_LABEL = 500
BARE = re.compile(r"https://[^\s<>\"'`|\\]+")
HOST_LIKE = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*", re.IGNORECASE)
MAILTO = re.compile(r"mailto:([A-Za-z0-9.!#$%&'*+/=?^_`{}~-]+@[A-Za-z0-9.-]+)(?:\?.*)?", re.DOTALL)
OPENED_BY = {")": "(", "]": "["}
FORBIDDEN = re.compile(r"[\s<>\"|\\\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads; `place` is what a reader should see of it: the host, or the address."""

    url: str
    place: str


def target_of(url: str) -> Target | None:
    """The target of a link we are willing to make, or None: other schemes, a user name in the URL
    (`https://bank.example@evil.example`), characters that end a link early, and hosts that are none."""
    mail = MAILTO.fullmatch(url)
    if mail:
        return Target(f"mailto:{mail[1]}", mail[1])
    if len(url) > LONGEST_URL or FORBIDDEN.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        odd = parts.username is not None or parts.password is not None or parts.port == 0
    except ValueError:
        return None
    if parts.scheme.lower() != "https" or odd or not HOST.fullmatch(host):
        return None
    # A host in another script is shown the way the resolver sees it, so that look-alikes stand out.
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    return Target("https://" + netloc + url.split("://", 1)[1][len(parts.netloc) :], host)


def date_element(moment: Moment) -> Element:
    """The moment on each reader's own clock; only we make these, words of others stay text.

    https://docs.slack.dev/reference/block-kit/blocks/rich-text-block (date)
    """
    time = "{time_secs}" if moment.seconds else "{time}"
    stamp, shown = int(moment.at.timestamp()), f"{{date_short_pretty}} at {time}"
    return {"type": "date", "timestamp": stamp, "format": shown, "fallback": str(moment)}


def linked(url: str, label: str, style: Element) -> list[Element]:
    """Elements for `[label](url)`: label and host, both visible when they differ; plain text when no link is made."""
    label = label.strip()[:LONGEST_LABEL]
    target = target_of(url)
    if target is None:
        return [text_element(f"{label} ({url})" if label and label != url else url, style)]
    if not label or _same(label, target):
        return [link_element(target, target.place if mailto(target) else "", style)]
    named = {found.lower() for found in HOST_LIKE.findall(label)}
    if not named:
        return [link_element(target, label, style), text_element(f" ({target.place})", style)]
    if named == {target.place.lower()}:
        return [link_element(target, label, style)]
    return [text_element(f"{label} (", style), link_element(target, "", style), text_element(")", style)]


def with_bare_links(text: str, style: Element) -> list[Element]:
    """`text` with every https address in it made a link that shows itself."""
    found: list[Element] = []
    end = 0
    for match in BARE.finditer(text):
        url = _without_tail(match[0])
        target = target_of(url)
        if target is None:
            continue
        found += [text_element(text[end : match.start()], style), link_element(target, "", style)]
        end = match.start() + len(url)
    return [*found, text_element(text[end:], style)]


def text_element(text: str, style: Element) -> Element:
    return {"type": "text", "text": text, **({"style": dict(style)} if style else {})}


def link_element(target: Target, label: str, style: Element) -> Element:
    shown = {"text": label} if label else {}
    return {"type": "link", "url": target.url, **shown, **({"style": dict(style)} if style else {})}


def mailto(target: Target) -> bool:
    return target.url.startswith("mailto:")


def _same(label: str, target: Target) -> bool:
    bare = target.url.removeprefix("https://").removeprefix("mailto:")
    return label.rstrip("/").lower() in (target.url.rstrip("/").lower(), bare.rstrip("/").lower())


def _without_tail(url: str) -> str:
    """`url` without the punctuation of the sentence around it."""
    while url and (url[-1] in ".,;:!?*_~" or url.count(url[-1]) > url.count(OPENED_BY.get(url[-1], url[-1]))):
        url = url[:-1]
    return url
