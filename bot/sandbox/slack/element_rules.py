"""Block Kit's texts, options and interactive elements, as tables."""

from bot.sandbox.slack.rich_text_rules import RICH_TEXT_ELEMENTS, SLACK_USER, URL
from bot.sandbox.slack.rules import ByType, Flag, Many, OneOf, Rule, Shape, Str, Whole

NAME = Str(255)
WEB_URL = Str(3000, pattern=r"(?i)https?://\S+")
DATE = Str(10, pattern=r"\d{4}-\d\d-\d\d")
TIME = Str(5, pattern=r"\d\d:\d\d")
CONVERSATION = Str(255, pattern=r"[CDG][A-Z0-9]+")


def plain(most: int) -> Rule:
    """A plain_text object of at most `most` characters."""
    return ByType({"plain_text": Shape({"text": Str(most), "emoji": Flag()}, required=("text",))})


def either(most: int) -> ByType:
    """A plain_text or mrkdwn object of at most `most` characters."""
    return ByType(
        {
            "plain_text": Shape({"text": Str(most), "emoji": Flag()}, required=("text",)),
            "mrkdwn": Shape({"text": Str(most), "verbatim": Flag()}, required=("text",)),
        }
    )


CONFIRM = Shape(
    {
        "title": plain(100),
        "text": either(300),
        "confirm": plain(30),
        "deny": plain(30),
        "style": OneOf(("primary", "danger")),
    },
    required=("title", "text", "confirm", "deny"),
)
OPTION = Shape(
    {"text": either(75), "value": Str(150), "description": either(75), "url": WEB_URL}, required=("text", "value")
)
OPTION_GROUP = Shape({"label": plain(75), "options": Many(OPTION, 100)}, required=("label", "options"))
DISPATCH = Shape({"trigger_actions_on": Many(OneOf(("on_enter_pressed", "on_character_entered")), 2)})

COMMON: dict[str, Rule] = {"action_id": NAME, "confirm": CONFIRM, "focus_on_load": Flag()}
CHOICE: dict[str, Rule] = {**COMMON, "placeholder": plain(150)}
SEVERAL: dict[str, Rule] = {"max_selected_items": Whole(1, 100)}
FILTER = Shape(
    {
        "include": Many(OneOf(("im", "mpim", "private", "public")), 4),
        "exclude_external_shared_channels": Flag(),
        "exclude_bot_users": Flag(),
    }
)
STATIC: dict[str, Rule] = {**CHOICE, "options": Many(OPTION, 100), "option_groups": Many(OPTION_GROUP, 100)}
TYPED: dict[str, Rule] = {
    "action_id": NAME,
    "placeholder": plain(150),
    "focus_on_load": Flag(),
    "dispatch_action_config": DISPATCH,
}
FEEDBACK = Shape(
    {"text": plain(75), "value": Str(2000), "accessibility_label": Str(75)},
    required=("text", "value"),
)

ELEMENTS = ByType(
    {
        "button": Shape(
            {
                "action_id": NAME,
                "text": plain(75),
                "url": URL,
                "value": Str(2000),
                "style": OneOf(("primary", "danger")),
                "confirm": CONFIRM,
                "accessibility_label": Str(75),
            },
            required=("text",),
        ),
        "static_select": Shape({**STATIC, "initial_option": OPTION}, any_of=("options", "option_groups")),
        "multi_static_select": Shape(
            {**STATIC, **SEVERAL, "initial_options": Many(OPTION, 100)}, any_of=("options", "option_groups")
        ),
        "external_select": Shape({**CHOICE, "initial_option": OPTION, "min_query_length": Whole()}),
        "multi_external_select": Shape(
            {**CHOICE, **SEVERAL, "initial_options": Many(OPTION, 100), "min_query_length": Whole()}
        ),
        "users_select": Shape({**CHOICE, "initial_user": SLACK_USER}),
        "multi_users_select": Shape({**CHOICE, **SEVERAL, "initial_users": Many(SLACK_USER, 100)}),
        "conversations_select": Shape(
            {
                **CHOICE,
                "initial_conversation": CONVERSATION,
                "default_to_current_conversation": Flag(),
                "response_url_enabled": Flag(),
                "filter": FILTER,
            }
        ),
        "channels_select": Shape({**CHOICE, "initial_channel": CONVERSATION, "response_url_enabled": Flag()}),
        "overflow": Shape({"action_id": NAME, "confirm": CONFIRM, "options": Many(OPTION, 5)}, required=("options",)),
        "datepicker": Shape({**CHOICE, "initial_date": DATE}),
        "timepicker": Shape({**CHOICE, "initial_time": TIME, "timezone": Str(255)}),
        "datetimepicker": Shape({**COMMON, "initial_date_time": Whole(10**9, 10**10 - 1)}),
        "checkboxes": Shape(
            {**COMMON, "options": Many(OPTION, 10), "initial_options": Many(OPTION, 10)}, required=("options",)
        ),
        "radio_buttons": Shape(
            {**COMMON, "options": Many(OPTION, 10), "initial_option": OPTION}, required=("options",)
        ),
        "plain_text_input": Shape(
            {
                **TYPED,
                "initial_value": Str(3000, least=0),
                "multiline": Flag(),
                "min_length": Whole(0, 3000),
                "max_length": Whole(1, 3000),
            }
        ),
        "email_text_input": Shape({**TYPED, "initial_value": Str(3000, least=0)}),
        "url_text_input": Shape({**TYPED, "initial_value": Str(3000, least=0)}),
        "number_input": Shape(
            {
                **TYPED,
                "is_decimal_allowed": Flag(),
                "initial_value": Str(3000, least=0),
                "min_value": Str(255),
                "max_value": Str(255),
            },
            required=("is_decimal_allowed",),
        ),
        "rich_text_input": Shape(
            {**TYPED, "initial_value": ByType({"rich_text": Shape({"elements": RICH_TEXT_ELEMENTS})})}
        ),
        "file_input": Shape({"action_id": NAME, "filetypes": Many(Str(20), 100), "max_files": Whole(1, 10)}),
        "feedback_buttons": Shape(
            {"action_id": NAME, "positive_button": FEEDBACK, "negative_button": FEEDBACK},
            required=("positive_button", "negative_button"),
        ),
        "icon_button": Shape(
            {
                "action_id": NAME,
                "icon": OneOf(("trash",)),
                "text": plain(75),
                "value": Str(2000),
                "confirm": CONFIRM,
                "accessibility_label": Str(75),
                "visible_to_user_ids": Many(SLACK_USER, 100),
            },
            required=("icon", "text"),
        ),
    }
)

PICKERS = ("users_select", "conversations_select", "channels_select", "static_select", "external_select")
PICK_SEVERAL = ("multi_static_select", "multi_external_select", "multi_users_select")
MOMENTS = ("datepicker", "timepicker")
BOXES = ("checkboxes", "radio_buttons")

IN_ACTIONS = ELEMENTS.only("button", "overflow", "datetimepicker", *PICKERS, *MOMENTS, *BOXES)
IN_SECTION = ELEMENTS.only("button", "overflow", *PICKERS, *PICK_SEVERAL, *MOMENTS, *BOXES)
TYPED_INPUTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input")
IN_INPUT = ELEMENTS.only("file_input", "datetimepicker", *TYPED_INPUTS, *PICKERS, *PICK_SEVERAL, *MOMENTS, *BOXES)
IN_CONTEXT_ACTIONS = ELEMENTS.only("feedback_buttons", "icon_button")
