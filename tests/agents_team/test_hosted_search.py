"""OpenAI's file search, when it is set: its results are cited and checked like the documents of the folder."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from agents import FileSearchTool
from agents.testing import ScriptedModel
from helpers import MemoryLog, turn_of
from openai.types.responses import ResponseFileSearchToolCall, ResponseOutputMessage, ResponseOutputText
from openai.types.responses.response_file_search_tool_call import Result
from openai.types.responses.response_output_text import AnnotationFileCitation

from agents_team.config import TeamConfig
from agents_team.models.provider import openai_backend
from agents_team.router import shipped_router
from agents_team.specialists import SPECIALISTS
from agents_team.team import Team
from agents_team.triage import build_agents
from agents_team.turn import TeamGaveUp

Build = Callable[..., Team]
FOUND = "Members may return zebras within 45 days."


def steps(text: str) -> list[ResponseFileSearchToolCall | ResponseOutputMessage]:
    """The provider searched, found one file, and cites it at the end of the first sentence."""
    search = ResponseFileSearchToolCall(
        id="fs_1",
        type="file_search_call",
        status="completed",
        queries=["zebras"],
        results=[Result(file_id="file_1", filename="zebras.pdf", text=FOUND, score=0.9)],
    )
    end = text.index(".") + 1
    cited = AnnotationFileCitation(type="file_citation", file_id="file_1", filename="zebras.pdf", index=end)
    content = ResponseOutputText(type="output_text", text=text, annotations=[cited], logprobs=[])
    message = ResponseOutputMessage(id="msg_1", type="message", role="assistant", status="completed", content=[content])
    return [search, message]


async def test_a_cited_file_becomes_a_citation_of_ours(team_on: Build) -> None:
    team = team_on(ScriptedModel([steps("You have 45 days. Anything else?")]))

    answer = await team.respond(turn_of("how long may I return zebras", lane="faq"), MemoryLog())

    assert answer.text == "You have 45 days. [1] Anything else?"
    assert [(each.document, each.passage) for each in answer.citations] == [("zebras.pdf", FOUND)]


async def test_a_number_the_file_does_not_show_is_never_sent(team_on: Build) -> None:
    team = team_on(ScriptedModel([steps("You have 60 days."), steps("You have 90 days.")]))

    with pytest.raises(TeamGaveUp, match="90 days"):
        await team.respond(turn_of("how long may I return zebras", lane="faq"), MemoryLog())


def test_only_agents_that_search_the_documents_get_it_and_only_over_the_responses_api() -> None:
    config = TeamConfig("openai", api_key="sk-x", name="large", vector_store_ids=("vs_1",))
    backend = openai_backend(config, shipped_router())
    agents = build_agents(SPECIALISTS.values(), backend.model_name, backend.settings, backend.hosted_search)

    having = {name for name, agent in agents.items() if any(isinstance(tool, FileSearchTool) for tool in agent.tools)}
    assert "faq" in having
    assert not having & {"triage", "escalation"}
    with pytest.raises(ValueError, match="responses"):
        openai_backend(replace(config, api="chat_completions"), shipped_router())
