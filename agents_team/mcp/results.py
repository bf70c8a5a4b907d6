"""Makes text for the model out of what another program said: data from outside, masked, neutral and cut to size."""

import json
from typing import Any

from mcp_types import AudioContent, CallToolResult, EmbeddedResource, ImageContent, ResourceLink, TextContent

from agents_team.facts import neutral
from agents_team.guardrails import mask_pii

CUT = " … [the rest was cut off]"


def text_of(result: CallToolResult, most_characters: int) -> str:
    """Everything readable of a result, in at most `most_characters`. No card or account number is left in it."""
    parts = [_words(block) for block in result.content]
    if not any(parts) and result.structured_content is not None:
        parts = [json.dumps(result.structured_content, ensure_ascii=False)]
    # Cut before masking as well: a hostile result may be megabytes long.
    text = "\n".join(part for part in parts if part)[: 4 * most_characters]
    text = neutral(mask_pii(text).text)
    return text if len(text) <= most_characters else text[:most_characters] + CUT


def _words(block: Any) -> str:
    match block:
        case TextContent(text=text):
            return text
        case EmbeddedResource(resource=resource):
            return str(getattr(resource, "text", "") or f"[a file: {resource.uri}]")
        case ResourceLink(uri=uri, name=name):
            return f"[a link: {name} {uri}]"
        case ImageContent() | AudioContent():
            return "[an image or sound that cannot be shown]"
    return ""
