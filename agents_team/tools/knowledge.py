"""Lets the model search what the company has written down, and remembers which passages it was shown."""

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
    passages = run.knowledge.search(question)
    if not passages:
        return NOTHING_FOUND
    return said(
        passages=[
            {"cite": f"[{run.marker_for(p)}]", "document": p.document, "section": p.section, "text": p.text}
            for p in passages
        ]
    )


SEARCH_KNOWLEDGE = tool(search_knowledge)
