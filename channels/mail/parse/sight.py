"""Which HTML a person can see: styles that hide text, followed through nested elements."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

SHEET_CHARS = 200_000
SHEET_RULE = re.compile(r"([^{}]{1,400})\{([^{}]{0,2000})\}")
SIMPLE_SELECTOR = re.compile(r"[\w-]*[.#]([\w-]+)")
HIDING = re.compile(
    r"""(?:^|;|\s)(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*(?:0(?:\.0\d*)?
    |\.0\d*)\s*%?(?=\s*(?:;|!|$))
    |font-size\s*:\s*(?:0(?:\.\d+)?|1(?:\.0+)?)\s*(?:p[xt]|em|rem|%)?(?=\s*(?:;|!|$))
    |text-indent\s*:\s*-\d{3,}|(?:left|top|right|margin-left|margin-top)\s*:\s*-\d{4,}
    |clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%|transform\s*:\s*scale\(\s*0\s*\)
    |mso-hide\s*:\s*all)""",
    re.IGNORECASE | re.VERBOSE,
)
ZERO_BOX = re.compile(
    r"(?:^|;|\s)(?:max-)?(?:height|width)\s*:\s*0(?:px|pt|em|%)?\s*(?:!important\s*)?(?:;|$)", re.IGNORECASE
)
CLIPPED = re.compile(r"overflow(?:-[xy])?\s*:\s*hidden", re.IGNORECASE)
COLOR = re.compile(r"(?:^|;|\s)color\s*:\s*([^;!]+)", re.IGNORECASE)
BACKGROUND = re.compile(r"(?:^|;|\s)background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
FONT_SIZE = re.compile(r"(?:^|;|\s)font-size\s*:\s*([\d.]+)", re.IGNORECASE)
PICTURE = re.compile(r"background-image\s*:\s*(?!none)|url\(|gradient\(", re.IGNORECASE)
TRANSPARENT = re.compile(r"\s*(?:transparent|rgba\([^)]*[,/]\s*0?\.?0*\s*\))", re.IGNORECASE)
NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "transparent": None, "red": (255, 0, 0), "blue": (0, 0, 255)}
NAMED |= {
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
}
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the text inside an element looks like; `seen` False stays False for everything inside."""

    seen: bool = True
    color: Rgb = (0, 0, 0)
    background: Rgb | None = (255, 255, 255)
    shrunk: bool = False

    def inside(self, tag: str, attributes: Mapping[str, str], by_sheet: frozenset[str], *, unseen: bool) -> "Sight":
        """The sight inside a child element."""
        if not self.seen and not (self.shrunk and FONT_SIZE.search(attributes.get("style", ""))):
            return self
        if unseen or "hidden" in attributes or attributes.get("type", "").lower() == "hidden":
            return replace(self, seen=False, shrunk=False)
        if not attributes:
            return self
        names = {f".{name}" for name in attributes.get("class", "").split()} | {f"#{attributes.get('id', '')}"}
        if by_sheet and names & by_sheet:
            return replace(self, seen=False, shrunk=False)
        return self._styled(attributes)

    def _styled(self, attributes: Mapping[str, str]) -> "Sight":
        style = _plain_css(attributes.get("style", ""))
        size = FONT_SIZE.search(style)
        if hides(style):
            only_small = bool(size) and not hides(FONT_SIZE.sub("", style))
            return replace(self, seen=False, shrunk=only_small)
        color_text = _found(COLOR, style) or attributes.get("color") or attributes.get("text") or ""
        color = _color(color_text) or self.color
        background = self._background(style, attributes)
        seen = _differ(color, background) and not TRANSPARENT.match(color_text)
        return replace(self, seen=seen, color=color, background=background, shrunk=False)

    def _background(self, style: str, attributes: Mapping[str, str]) -> Rgb | None:
        """The colour behind the text; None when it is a picture or a gradient, on which any text may be read."""
        text = _found(BACKGROUND, style) or attributes.get("bgcolor") or ""
        color = _color(text)
        if attributes.get("background") or PICTURE.search(style):
            return None
        return color or (self.background if not text or text.lower() in ("transparent", "none", "inherit") else None)


def hides(style: str) -> bool:
    """True for a style attribute that makes its text invisible."""
    if not style:
        return False
    return bool(HIDING.search(style)) or bool(CLIPPED.search(style) and ZERO_BOX.search(style))


def hidden_names(source: str) -> frozenset[str]:
    """The ".class" and "#id" names that a style sheet in `source` hides outright."""
    names: set[str] = set()
    for sheet in _sheets(source[:SHEET_CHARS]):
        # Rules for small screens or dark mode say nothing about what is seen here.
        for rule in SHEET_RULE.finditer(_without_media(sheet)):
            if hides(_plain_css(rule[2])):
                for selector in rule[1].split(","):
                    if match := SIMPLE_SELECTOR.fullmatch(selector.strip()):
                        names.add(selector.strip()[-len(match[1]) - 1 :])
    return frozenset(names)


def _sheets(source: str) -> list[str]:
    """The contents of the style elements."""
    found: list[str] = []
    lower, position = source.lower(), 0
    while len(found) < 50 and (start := lower.find("<style", position)) >= 0:
        start = lower.find(">", start) + 1
        position = lower.find("</style", start) if start else -1
        if position < 0:
            break
        found.append(source[start:position])
    return found


def _without_media(sheet: str) -> str:
    """A style sheet without its @media and other nested blocks."""
    out: list[str] = []
    depth, skipping = 0, -1
    for piece in re.split(r"([{}])", sheet):
        if piece == "{":
            if skipping < 0 and out and "@" in out[-1]:
                skipping = depth
                out.pop()
            depth += 1
        elif piece == "}":
            depth -= 1
            if depth == skipping:
                skipping = -1
                continue
        if skipping < 0:
            out.append(piece)
    return "".join(out)


def _plain_css(style: str) -> str:
    return re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL) if "/*" in style else style


def _found(pattern: re.Pattern[str], style: str) -> str:
    match = pattern.search(style)
    return match[1].strip() if match else ""


def _color(text: str | None) -> Rgb | None:
    """A CSS or HTML colour; None for what says nothing (inherit, gradients, unknown names)."""
    if not text:
        return None
    text = text.strip().lower().split(" ")[0] if not text.strip().lower().startswith("rgb") else text.strip().lower()
    if text in NAMED:
        return NAMED[text]
    if match := re.fullmatch(r"#?([0-9a-f]{6})(?:[0-9a-f]{2})?", text):
        value = int(match[1], 16)
        return value >> 16, value >> 8 & 255, value & 255
    if match := re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])[0-9a-f]?", text):
        return int(match[1] * 2, 16), int(match[2] * 2, 16), int(match[3] * 2, 16)
    if match := re.match(r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*(?:[,/]\s*([\d.]+))?", text):
        red, green, blue = (min(int(part), 255) for part in match.groups()[:3])
        return red, green, blue
    return None


def _differ(color: Rgb, background: Rgb | None) -> bool:
    """True when text of one colour can be read on the other."""
    return background is None or sum(abs(one - other) for one, other in zip(color, background, strict=True)) > 24
