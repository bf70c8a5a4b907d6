"""Makes the schemas the model is sent small: they are sent with every call, and most of their words say nothing."""

from typing import Any


def compact(schema: dict[str, Any], *, wordless: bool = False) -> dict[str, Any]:
    """The same schema without titles, which repeat the names; `wordless`: without descriptions as well."""
    small = {key: value for key, value in schema.items() if not (key == "title" or (wordless and key == "description"))}
    properties = small.get("properties")
    if isinstance(properties, dict):
        small["properties"] = {name: compact(each, wordless=wordless) for name, each in properties.items()}
    return small
