"""Who sends back the code from the address on file is proven, whatever their mail servers say; nobody else is."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from bot.desk import Desk
from bot.mail.codes import PLACEHOLDER
from channels.base import Trust
from storage.models import Direction, Message, OneTimeCode, Ticket
from tests.arrivals import ALICE, arrive, door, letter
from tests.desks import rows, settle

WHERE = "Where is my order ORD-1001?"
TRACKING = "1Z999AA10123456784"
CODE = re.compile(r"\b[2-9B-Z]{4}-[2-9B-Z]{4}\b")
UNPROVEN = replace(ALICE, trust=Trust.UNKNOWN)

pytestmark = pytest.mark.parametrize("desk_settings", [{"mail": {"secret": "a secret"}}], indirect=True)


async def write(desk: Desk, number: int, text: str, by: Any = UNPROVEN, **more: Any) -> None:
    reply_to = {"to": by.external_id, "cc": more.pop("cc", [])}
    facts = {"message_id": f"{number}@x", "in_reply_to": ["1@x"] if number > 1 else [], **more.pop("facts", {})}
    one = letter(desk, "thread", f"sha256:{number}", text, by, reply_to=reply_to, facts=facts, **more)
    await arrive(desk, one, str(number), channel="mail")
    await settle(desk)


def said(desk: Desk) -> list[str]:
    return [reply.text for reply in door(desk, "mail").sent]


async def offered(desk: Desk) -> str:
    await write(desk, 1, WHERE)
    [code] = CODE.findall(said(desk)[-1])
    return str(code)


async def test_code_that_comes_back_proves_its_sender_and_the_question_is_answered(desk: Desk) -> None:
    code = await offered(desk)
    assert TRACKING not in "".join(said(desk))
    await write(desk, 2, f"Here it is: {code.lower()}")
    assert TRACKING in said(desk)[-1]
    proven = [m for m in await rows(desk, Message) if m.direction is Direction.INBOUND]
    assert {m.trust for m in proven} == {int(Trust.ONE_TIME_CODE)}


async def test_the_answer_says_that_a_code_follows_and_not_to_write_from_elsewhere(desk: Desk) -> None:
    await offered(desk)

    words, _, offer = said(desk)[-1].partition("To look into your account")
    assert "you will find a code below" in words
    assert "write to us from the mail address on file" not in words
    assert offer


async def test_code_is_kept_nowhere(desk: Desk) -> None:
    code = await offered(desk)
    kept = str([row.model_dump() for table in (Message, OneTimeCode) for row in await rows(desk, table)])
    assert code not in kept
    assert PLACEHOLDER in kept


@pytest.mark.parametrize("text", ["It was not me!\n\n> with the code {}", "The code is 2222-3333"])
async def test_quoted_and_wrong_codes_prove_nothing(desk: Desk, text: str) -> None:
    code = await offered(desk)
    await write(desk, 2, text.format(code))
    assert TRACKING not in "".join(said(desk))


async def test_five_wrong_tries_end_a_code(desk: Desk) -> None:
    code = await offered(desk)
    for number in range(2, 7):
        await write(desk, number, f"Is it 2222-333{number}?")
    await write(desk, 7, code)
    assert TRACKING not in "".join(said(desk))


async def test_code_ends_with_its_day(desk: Desk) -> None:
    code = await offered(desk)

    def a_day_passes(tx: Session) -> None:
        kept = tx.exec(select(OneTimeCode)).one()
        kept.expires_at -= timedelta(hours=25)
        tx.add(kept)

    await desk.db.write(a_day_passes)
    await write(desk, 2, code)
    assert TRACKING not in "".join(said(desk))


async def test_somebody_else_with_the_code_proves_nothing(desk: Desk) -> None:
    code = await offered(desk)
    mallory = replace(UNPROVEN, external_id="mallory@example.com", email="mallory@example.com")
    await write(desk, 2, code, mallory)
    assert TRACKING not in "".join(said(desk))


async def test_nobody_in_copy_ever_reads_a_code(desk: Desk) -> None:
    await write(desk, 1, WHERE, cc=["mallory@example.com"])
    assert CODE.findall("".join(said(desk))) == []


async def test_address_without_an_account_gets_no_code(desk: Desk) -> None:
    await write(desk, 1, WHERE, replace(UNPROVEN, external_id="nobody@example.com", email="nobody@example.com"))
    assert CODE.findall("".join(said(desk))) == []
    assert await rows(desk, OneTimeCode) == []


async def test_proof_lasts_for_answers_to_our_mails_and_not_for_a_forged_one(desk: Desk) -> None:
    await write(desk, 2, f"It is {await offered(desk)}")
    [ticket] = await rows(desk, Ticket)
    await write(desk, 3, "And ORD-1003?", ticket_hint=ticket.id)
    await write(desk, 4, "And ORD-1002?")
    trusts = {m.facts["message_id"]: m.trust for m in await rows(desk, Message) if m.direction is Direction.INBOUND}
    assert (trusts["3@x"], trusts["4@x"]) == (int(Trust.ONE_TIME_CODE), 0)
