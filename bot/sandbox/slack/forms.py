"""What people choose and type in interactive elements, in the shape Slack sends it to the app."""

from typing import Any

from bot.sandbox.slack.blocks import elements_of
from bot.sandbox.slack.world import Json

WITHOUT_STATE = ("button", "overflow", "feedback_buttons", "icon_button")
# element type -> (the field that carries the choice, the field that presets it)
FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}


class BadInput(ValueError):
    """Slack's own client would not let a person send this; the text says why."""


def filled(element: Json, given: Any) -> Json:
    """The element's state after a person gave `given` (option values by their value); None leaves it as preset."""
    kind = str(element["type"])
    name, preset = FIELDS[kind]
    if given is None:
        chosen = element.get(preset)
    elif name == "selected_option":
        chosen = _option(element, str(given))
    elif name == "selected_options":
        chosen = [_option(element, str(each)) for each in given]
    else:
        chosen = given
    if isinstance(chosen, str) and kind == "plain_text_input":
        _check_length(element, chosen)
    return {"type": kind, name: chosen}


def is_empty(state: Json) -> bool:
    return all(value in (None, "", []) for name, value in state.items() if name != "type")


def _option(element: Json, value: str) -> Json:
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    options: list[Json] = [option for group in groups for option in group["options"]]
    for option in options:
        if option["value"] == value:
            return option
    raise BadInput(f"there is no option {value!r}, only {[option['value'] for option in options]}")


def _check_length(element: Json, text: str) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if text and not least <= len(text) <= most:
        raise BadInput(f"must be {least} to {most} characters")


def state_values(blocks: list[Json], given: Json) -> Json:
    """`state.values` of a message or view; `given` is keyed by action_id, by block_id, or by both, nested."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] not in WITHOUT_STATE:
                wish = _wish(given, block["block_id"], element["action_id"])
                values.setdefault(block["block_id"], {})[element["action_id"]] = filled(element, wish)
    return values


def _wish(given: Json, block_id: str, action_id: str) -> Any:
    inner = given.get(block_id)
    if isinstance(inner, dict):
        return inner.get(action_id)
    return given.get(action_id, inner)


def missing_inputs(blocks: list[Json], values: Json) -> dict[str, str]:
    """Required inputs nobody filled, by block_id: the client does not submit these."""
    missing = {}
    for block in blocks:
        if block["type"] == "input" and not block.get("optional", False):
            states = values.get(block["block_id"], {}).values()
            if all(is_empty(state) for state in states):
                missing[block["block_id"]] = "Please complete this required field."
    return missing
