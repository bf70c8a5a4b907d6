"""Checks of the web console: whether it is open to whom it should be, and whether Sign in with Slack can work."""

from bot.doctor.findings import Finding, Patient, error, note, ok
from bot.settings import THIS_MACHINE, Settings


async def console(patient: Patient) -> list[Finding]:
    """Where it can be used, and by which ways of signing in."""
    chosen = patient.settings
    return [_place(chosen), *_sign_in(chosen)]


def _place(chosen: Settings) -> Finding:
    if chosen.console.public_url is not None:
        return ok(f"the console is at {chosen.console.public_url}/console")
    if chosen.http.host not in THIS_MACHINE:
        what = f"the console is closed: http.host is {chosen.http.host}, and it has no address of its own"
        return note(what, "set console.public_url, see deploy/CONSOLE.md")
    return ok("the console is for this machine only: helpdesk console-login makes a link")


def _sign_in(chosen: Settings) -> list[Finding]:
    slack = chosen.slack
    if slack.client_id is None:
        return []
    if slack.client_secret is None:
        return [error("slack.client_id is set without slack.client_secret", "Slack app, Basic Information")]
    if slack.bot_token is None or not slack.staff_channel:
        what = "Sign in with Slack needs the Slack app and its staff channel, or nobody knows who may look"
        return [error(what, "set slack.bot_token and slack.staff_channel, or remove slack.client_id")]
    if not (chosen.console.public_url or "").startswith("https://"):
        return [note("Sign in with Slack is off: Slack sends people only to https addresses", "set console.public_url")]
    return [ok("Sign in with Slack is set up")]
