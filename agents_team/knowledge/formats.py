"""Reads HTML and plain text as the Markdown that passages are cut from: headings, paragraphs, lists, tables."""

import re
from html.parser import HTMLParser

_HEADINGS = {f"h{depth}": depth for depth in range(1, 7)}
_PARAGRAPHS = frozenset({"p", "div", "section", "article", "ul", "ol", "table", "blockquote", "pre", "main", "dl"})
_UNSEEN = frozenset({"script", "style", "noscript", "template", "nav", "footer", "svg", "form", "head"})


def as_markdown(suffix: str, text: str) -> str:
    """The text of a document as Markdown; what is Markdown already stays as it is."""
    if suffix in (".html", ".htm"):
        return _from_html(text)
    return _from_text(text) if suffix == ".txt" else text


def _from_text(text: str) -> str:
    """A line under which === or --- stands is a heading, and so is a short line of capitals between blank lines."""
    text = re.sub(r"(?m)^(\S.*)\n={3,}\s*$", r"# \1", text)
    text = re.sub(r"(?m)^(\S.*)\n-{3,}\s*$", r"## \1", text)
    return re.sub(r"(?m)(?:(?<=\n\n)|\A)([A-Z][A-Z0-9 ,&'-]{3,60})(?=\n)", lambda match: f"## {match[1].title()}", text)


def _from_html(text: str) -> str:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    """Collects what a reader would see; menus, scripts and forms are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Markdown's sign for what begins here."""
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _HEADINGS:
            self.parts.append(f"\n\n{'#' * _HEADINGS[tag]} ")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in ("br", "tr", "dt"):
            self.parts.append("\n")
        elif tag in ("td", "th", "dd"):
            self.parts.append(" ")
        elif tag in _PARAGRAPHS:
            self.parts.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        """A blank line after what was a block."""
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif tag in _HEADINGS or tag in _PARAGRAPHS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        """Words; line breaks in the source mean nothing."""
        if not self._unseen:
            self.parts.append(re.sub(r"\s+", " ", data))
