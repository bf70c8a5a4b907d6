"""The pulse of the parts: each process notes how its doors, its worker and the servers it needs are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import httpx
import structlog
from sqlmodel import Session

from bot import notes
from bot.backends.none import NoPayments
from bot.backends.payments import PaymentsUnavailable
from bot.desk import Desk
from bot.settings import ModelSettings
from channels.mail.send import MailChannel
from channels.slack import SlackChannel

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
FIRST_SECONDS, FIRST_BEATS = 1.0, 10
"""While everything comes up, readiness should not lag behind."""
PROBE_EVERY = timedelta(seconds=60)
PROBE_SECONDS = 10.0
NO_CHARGE = "ch_helpdesk_probe"
"""A charge nobody has: asking for it shows that the provider answers our key."""

Facts = dict[str, Any]


async def keep_beating(desk: Desk, parts: frozenset[str]) -> None:
    """Note the pulse of this process until cancelled; a database that is away is told so later."""
    beats = 0
    while True:
        try:
            await beat(desk, parts)
        except Exception as error:  # the rim: a desk must not stop because it cannot say how it is
            log.warning("the pulse cannot be noted", why=f"{type(error).__name__}: {error}")
        beats += 1
        await asyncio.sleep(FIRST_SECONDS if beats <= FIRST_BEATS else BEAT_SECONDS)


async def beat(desk: Desk, parts: frozenset[str]) -> None:
    """Note everything this process knows, in one transaction."""
    facts = _of_doors(desk)
    if "worker" in parts:
        facts["worker"] = {}
        facts |= await _of_servers(desk)
        facts |= _of_mcp(desk)

    def change(tx: Session) -> None:
        for name, value in facts.items():
            notes.keep(tx, f"pulse:{name}", value, desk.now())

    await desk.db.write(change)


def _of_doors(desk: Desk) -> dict[str, Facts]:
    """The doors this process holds; on many processes each door is held by one."""
    found: dict[str, Facts] = {}
    slack, mail = desk.channels.get("slack"), desk.channels.get("mail")
    if isinstance(slack, SlackChannel):
        health = slack.health()
        if health.sockets:
            found["slack"] = {
                "connected": health.connected,
                "wanted": len(health.sockets),
                "reconnects": sum(socket.reconnects for socket in health.sockets),
                "failed_attempts": sum(socket.failed_attempts for socket in health.sockets),
                "last_event_at": health.last_event_at.isoformat() if health.last_event_at else None,
                "gap_filled_at": health.backfill.last_at.isoformat() if health.backfill.last_at else None,
                "gap_messages": health.backfill.last_found,
            }
    if isinstance(mail, MailChannel):
        if mail.door is not None:
            last = mail.door.last_mail_at
            found["mail door"] = {**asdict(mail.door), "last_mail_at": last.isoformat() if last else None}
        for name, box in mail.health().items():
            if box.running:
                found[f"mail:{name}"] = {
                    "last_poll_at": box.last_poll_at.isoformat() if box.last_poll_at else None,
                    "failures": box.failures,
                    "error": box.last_error if box.failures else "",
                }
        for name, ends in mail.tokens_end().items():
            found[f"token:{name}"] = {"ends_at": ends.isoformat()}
    return found


async def _of_servers(desk: Desk) -> dict[str, Facts]:
    """Whether the model and the payment provider answer; asked once a minute by whoever comes first."""
    probes: Mapping[str, Callable[[Desk], Awaitable[str]]] = {
        "model": probe_model,
        "payments": probe_payments,
        **({"room": probe_room} if desk.staff_room is not None else {}),
    }
    found: dict[str, Facts] = {}
    for name, probe in probes.items():
        known = await desk.db.read(lambda tx, name=name: notes.find(tx, f"pulse:{name}"))  # type: ignore[misc]
        if known is None or desk.now() - known.at >= PROBE_EVERY:
            found[name] = {"error": await _ask(probe, desk)}
    return found


def _of_mcp(desk: Desk) -> dict[str, Facts]:
    """Each server of team.mcp, as this process sees it; the first beat begins to connect them."""
    if desk.mcp is None:
        return {}
    desk.mcp.start()
    return {f"mcp:{state.name}": {"up": state.up, "error": state.trouble} for state in desk.mcp.state()}


async def _ask(probe: Callable[[Desk], Awaitable[str]], desk: Desk) -> str:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await probe(desk)
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:g} seconds"
    except Exception as error:  # the rim: whatever a backend of the operator's raises, it cannot be used
        return f"{type(error).__name__}: {error}"[:300]


async def probe_room(desk: Desk) -> str:
    """Why staff can neither see nor decide anything in their room now; "" when they can."""
    return "" if desk.staff_room is None else await desk.staff_room.trouble()


async def probe_model(desk: Desk) -> str:
    """Why the model's endpoint cannot be used now; "" when it answers. No token is spent."""
    chosen = desk.settings.model
    if chosen.provider == "offline":
        return ""
    try:
        answer = await _list_models(chosen)
    except httpx.HTTPError as error:
        return f"no answer ({type(error).__name__})"
    # 404: an endpoint that answers and has no list.
    return "" if answer.is_success or answer.status_code == 404 else f"it answers {answer.status_code}"


async def _list_models(chosen: ModelSettings) -> httpx.Response:
    base = (chosen.base_url or "https://api.openai.com/v1").rstrip("/")
    key = chosen.api_key.get_secret_value() if chosen.api_key else ""
    near = httpx.URL(base).host in ("127.0.0.1", "localhost", "::1")
    async with httpx.AsyncClient(timeout=PROBE_SECONDS, trust_env=not near) as client:
        return await client.get(f"{base}/models", headers={"authorization": f"Bearer {key}"})


async def probe_payments(desk: Desk) -> str:
    """Why the payment provider cannot be used now; "" when it answers our key, or when there is none."""
    if isinstance(desk.payments, NoPayments):
        return ""
    try:
        await desk.payments.get_payment(NO_CHARGE)
    except PaymentsUnavailable as error:
        return str(error)[:300]
    return ""
