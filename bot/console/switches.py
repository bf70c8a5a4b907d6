"""The desk itself: how each part is, and the switches, by the rules of `/helpdesk pause` and `/helpdesk resume`."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from bot.console.around import shown
from bot.console.page import Ask, Told
from bot.controls import ALL, AUTOMATIC, MONEY, pauses, turn
from bot.staff.commands import DANGEROUS
from bot.watch.health import health

SCOPES: Mapping[str, str] = {
    ALL: "Everything",
    MONEY: "Refunds and other actions are carried out",
    AUTOMATIC: "Policy alone may approve",
    "slack": "Answers in Slack",
    "mail": "Answers by mail",
}


async def show_desk(ask: Ask) -> Response:
    """Every part with its reason, and every switch."""
    found = await ask.desk.db.read(lambda tx: health(tx, ask.desk))
    off = await ask.desk.db.read(pauses)
    others = [scope for scope in off if scope not in SCOPES]
    return await shown(
        ask, "desk.html", title="The desk", health=found, scopes=SCOPES, off=off, others=others, dangerous=DANGEROUS
    )


async def flip(ask: Ask) -> Response:
    """Pause or resume one scope. Whoever may look may pause; what money hangs on only approvers switch on again."""
    scope, on = ask.form.get("scope", ""), ask.form.get("do") == "pause"
    known = scope in SCOPES or scope in await ask.desk.db.read(pauses)
    if not known or ask.form.get("do") not in ("pause", "resume"):
        raise Told(400, "Refused", "This form is not whole, so nothing happened.")
    if not on and scope in DANGEROUS and not await _decides_now(ask):
        raise Told(403, "Not for you", f"Only an approver may switch {scope} on again (slack.approvers).")
    await ask.desk.db.write(lambda tx: turn(tx, ask.desk, scope, on=on, by=ask.visitor.who))
    return RedirectResponse("/console/desk", status_code=303)


async def _decides_now(ask: Ask) -> bool:
    return ask.visitor.who.startswith("cli/") or ask.visitor.who in (await ask.people.rights(fresh=True)).deciding
