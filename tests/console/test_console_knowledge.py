"""Proposed articles are read, changed and decided in the console, by the same functions as in Slack."""

from sqlmodel import Session

from bot.desk import Desk
from bot.knowledge.drafts import BLANK, propose
from storage.models import KnowledgeProposal
from tests.console.browsing import Browser, Page
from tests.desks import rows

QUESTION = f"# How long does a bank take?\n\n{BLANK}"


async def proposed(desk: Desk, text: str = QUESTION) -> str:
    def put(tx: Session) -> str:
        return propose(tx, desk, source="test", text=text, by="bot").id

    return await desk.db.write(put)


async def the_one(desk: Desk) -> KnowledgeProposal:
    (found,) = await rows(desk, KnowledgeProposal)
    return found


async def test_an_article_is_written_and_approved_and_can_be_taken_back(desk: Desk, sam: Browser) -> None:
    await proposed(desk)
    page = await sam.page("/console/knowledge")
    written = "# How long does a bank take?\n\nFive to ten business days."

    said = Page((await sam.send(page.forms[1], do="approve", text=written)).text)
    approved = await the_one(desk)
    await sam.send((await sam.page("/console/knowledge?state=approved")).forms[1], do="retract")

    assert "How long does a bank take?" in page.text
    assert "the team quotes it from now on" in said.text
    assert (approved.state, approved.text) == ("approved", written)
    assert (await the_one(desk)).state == "rejected"


async def test_an_article_without_an_answer_is_not_approved(desk: Desk, sam: Browser) -> None:
    await proposed(desk)

    answer = await sam.send((await sam.page("/console/knowledge")).forms[1], do="approve", text=QUESTION)

    assert answer.status_code == 409
    assert "no answer yet" in answer.text
    assert (await the_one(desk)).state == "open"


async def test_what_was_decided_elsewhere_meanwhile_stays_so(desk: Desk, sam: Browser) -> None:
    await proposed(desk, "# A title\n\nAn answer.")
    form = (await sam.page("/console/knowledge")).forms[1]
    await sam.send(form, do="reject")

    again = await sam.send(form, do="approve", text="# A title\n\nAn answer.")

    assert again.status_code == 409
    assert "rejected already" in again.text
