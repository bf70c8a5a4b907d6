"""Lets the model search what the company has written down, and remembers which passages it was shown."""

from agents_team.knowledge import Hit
from agents_team.tools.answers import Context, refused, said, tool

NOTHING_FOUND = refused(
    "nothing_found",
    "Nothing in the knowledge base answers this. Do not answer from memory: ask what they mean or escalate.",
)


async def search_knowledge(context: Context, question: str) -> str:
    """Search the company's own documents (policies, prices, how-to). Cite what you use by its marker, such as [S1].

    Args:
        question: What the requester wants to know, in a few English words.
    """
    run = context.context
    hits = await run.knowledge.find(question)
    if not hits:
        return NOTHING_FOUND
    return said(passages=[_shown(run.marker_for(hit.passage), hit) for hit in hits])


def _shown(marker: str, hit: Hit) -> dict[str, str | float]:
    """One passage with its marker; `fit` is the share of the question's weight it covers."""
    passage = hit.passage
    return {
        "cite": f"[{marker}]",
        "document": passage.document,
        "section": passage.section,
        "text": passage.text,
        "fit": round(hit.coverage, 2),
    }


SEARCH_KNOWLEDGE = tool(search_knowledge)
