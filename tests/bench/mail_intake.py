"""Mail taken in and on disk per second, beside the same server library that keeps nothing."""

from functools import partial

from sqlmodel import Session, func, select

from storage.db import Database
from storage.models import Delivery
from tests.bench.figures import Line, in_turn
from tests.bench.processes import running
from tests.bench.scale import Scale
from tests.bench.smtp_client import mails_per_second
from tests.bench.smtp_server import ADDRESS
from tests.crash.postfix import running_postfix, why_not

BENCH = "mail"
GOALS = {10: "at least 300 mails/s", 50: ""}
NOTHING, POSTFIX = "aiosmtpd that keeps nothing", "Postfix into its queue"


async def measure(scale: Scale) -> list[Line]:
    """Each server is a process of its own; the client is this one."""
    url = scale.new_file()
    module = "tests.bench.smtp_server"
    async with running("-m", module, "ours", url) as ours, running("-m", module, "nothing", "") as nothing:
        ports = (await ours.facts())["port"], (await nothing.facts())["port"]
        lines = [await _line(scale, *ports, connections) for connections in GOALS]
        lines += await _beside_postfix(scale, ports[0])
    sent = sum(line.facts.get("mails", 0) for line in lines)
    stored = await _stored(url)
    assert stored == sent, f"{sent} mails were acknowledged and {stored} are stored"
    return lines


async def _beside_postfix(scale: Scale, our_port: int) -> list[Line]:
    """The mail server that everybody knows takes the same mails into its queue, on disk as well."""
    if why := why_not():
        return [Line(BENCH, _what(connections), POSTFIX, "mails/s", [], [], note=why) for connections in GOALS]
    with running_postfix(ADDRESS.partition("@")[2], None) as postfix:
        return [await _line(scale, our_port, postfix.port, connections, POSTFIX) for connections in GOALS]


def _what(connections: int) -> str:
    return f"Mail committed by SMTP, {connections} connections at a time"


async def _line(scale: Scale, our_port: int, other_port: int, connections: int, beside: str = NOTHING) -> Line:
    mails, pairs = scale.pick(60, 400), scale.pick(2, 5)
    send = partial(mails_per_second, connections=connections, mails=mails)
    await in_turn(1, lambda: send(our_port), lambda: send(other_port))
    ours, others = await in_turn(pairs, lambda: send(our_port), lambda: send(other_port))
    facts = {"mails": mails * (pairs + 1)}
    goal = GOALS[connections] if beside == NOTHING else "at least 0.5 times"
    return Line(BENCH, _what(connections), beside, "mails/s", ours, others, goal, facts=facts)


async def _stored(url: str) -> int:
    db = Database(url)
    await db.open()
    try:
        return await db.read(_count)
    finally:
        await db.close()


def _count(tx: Session) -> int:
    return tx.exec(select(func.count()).select_from(Delivery)).one()
