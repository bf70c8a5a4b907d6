"""What a rich_text block may hold, as tables."""

from bot.sandbox.slack.rules import ByType, Flag, Many, OneOf, Rule, Shape, Str, Whole

URL = Str(3000, pattern=r"(?i)(https?://|mailto:|tel:|slack:)\S.*")
SLACK_USER = Str(255, pattern=r"[UWB][A-Z0-9]+")

TEXT_STYLE = Shape({name: Flag() for name in ("bold", "italic", "strike", "code", "underline")})
NAME_STYLE = Shape(
    {name: Flag() for name in ("bold", "italic", "strike", "highlight", "client_highlight", "unlink", "code")}
)

INLINE = ByType(
    {
        "text": Shape({"text": Str(12_000), "style": TEXT_STYLE}, required=("text",)),
        "link": Shape(
            {"url": URL, "text": Str(3000, least=0), "unsafe": Flag(), "style": TEXT_STYLE}, required=("url",)
        ),
        "user": Shape({"user_id": SLACK_USER, "style": NAME_STYLE}, required=("user_id",)),
        "usergroup": Shape(
            {"usergroup_id": Str(255, pattern=r"S[A-Z0-9]+"), "style": NAME_STYLE}, required=("usergroup_id",)
        ),
        "channel": Shape(
            {"channel_id": Str(255, pattern=r"[CDG][A-Z0-9]+"), "style": NAME_STYLE}, required=("channel_id",)
        ),
        "team": Shape({"team_id": Str(255, pattern=r"T[A-Z0-9]+"), "style": NAME_STYLE}, required=("team_id",)),
        "emoji": Shape(
            {"name": Str(255), "unicode": Str(255), "skin_tone": Whole(1, 6), "style": NAME_STYLE}, required=("name",)
        ),
        "broadcast": Shape({"range": OneOf(("here", "channel", "everyone")), "style": NAME_STYLE}, required=("range",)),
        "date": Shape(
            {"timestamp": Whole(), "format": Str(255), "url": URL, "fallback": Str(3000), "style": TEXT_STYLE},
            required=("timestamp", "format"),
        ),
        "color": Shape({"value": Str(7, pattern=r"#[0-9A-Fa-f]{6}"), "style": TEXT_STYLE}, required=("value",)),
    }
)

SECTION = Shape({"elements": Many(INLINE, 5000, least=0)}, required=("elements",))
LITERAL = INLINE.only("text", "link")
BORDER = Whole(0, 1)

PARTS: dict[str, Rule] = {
    "rich_text_section": SECTION,
    "rich_text_list": Shape(
        {
            "elements": Many(ByType({"rich_text_section": SECTION}), 1000),
            "style": OneOf(("bullet", "ordered")),
            "indent": Whole(0, 8),
            "offset": Whole(),
            "border": BORDER,
        },
        required=("elements", "style"),
    ),
    "rich_text_preformatted": Shape(
        {"elements": Many(LITERAL, 1000, least=0), "border": BORDER, "language": Str(255)}, required=("elements",)
    ),
    "rich_text_quote": Shape({"elements": Many(INLINE, 1000, least=0), "border": BORDER}, required=("elements",)),
}

RICH_TEXT_ELEMENTS = Many(ByType(PARTS), 1000, least=0)
