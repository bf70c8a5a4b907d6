"""OpenAI's own file search as a further source: what it found is evidence and citation like a passage of ours."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from agents import FileSearchTool, ItemHelpers, MessageOutputItem, RunResult, ToolCallItem, ToolCallOutputItem
from openai.types.responses import ResponseFileSearchToolCall, ResponseOutputText
from openai.types.responses.response_output_text import AnnotationFileCitation

from agents_team.current import CurrentRun
from agents_team.knowledge import Passage

MOST_RESULTS = 4


def file_search(store_ids: Sequence[str]) -> tuple[FileSearchTool, ...]:
    """The hosted tool over these vector stores, with its results, so that citations can be checked; none without."""
    if not store_ids:
        return ()
    return (FileSearchTool(list(store_ids), max_num_results=MOST_RESULTS, include_search_results=True),)


def text_of(result: RunResult, run: CurrentRun) -> str:
    """What the run says in the end, with a marker of ours where the provider's annotation cites a file.

    Where a tool ended the run, that is what the model wrote beside the call.
    """
    markers = _markers(result, run)
    said = _beside_the_call(result) if ended_by_tool(result) else str(result.final_output or "").strip()
    messages = [item for item in result.new_items if isinstance(item, MessageOutputItem)]
    if not markers or not messages or ended_by_tool(result):
        return said
    return "".join(
        _marked(part, markers) for part in messages[-1].raw_item.content if isinstance(part, ResponseOutputText)
    ).strip()


def ended_by_tool(result: RunResult) -> bool:
    """Whether a terminal tool had the last word."""
    return bool(result.new_items) and isinstance(result.new_items[-1], ToolCallOutputItem)


def _beside_the_call(result: RunResult) -> str:
    last = result.raw_responses[-1].output if result.raw_responses else []
    return "\n".join(ItemHelpers.extract_text(item) or "" for item in last if item.type == "message").strip()


def _markers(result: RunResult, run: CurrentRun) -> dict[str, str]:
    """The marker of every file that was found; all that was found in one file is one passage."""
    found: dict[str, list[str]] = defaultdict(list)
    for item in result.new_items:
        if isinstance(item, ToolCallItem) and isinstance(item.raw_item, ResponseFileSearchToolCall):
            for row in item.raw_item.results or ():
                found[row.filename or row.file_id or "file"].append(row.text or "")
    return {name: run.marker_for(Passage(name, "", "\n\n".join(texts))) for name, texts in found.items()}


def _marked(part: ResponseOutputText, markers: dict[str, str]) -> str:
    cited = [
        (min(each.index, len(part.text)), markers[each.filename])
        for each in part.annotations
        if isinstance(each, AnnotationFileCitation) and each.filename in markers
    ]
    places = sorted(dict.fromkeys(cited))
    cuts = [0, *(index for index, _ in places), len(part.text)]
    pieces = [part.text[start:end] for start, end in pairwise(cuts)]
    marks = [*(f" [{marker}]" for _, marker in places), ""]
    return "".join(piece + mark for piece, mark in zip(pieces, marks, strict=True))
