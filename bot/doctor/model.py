"""Checks of the model: the endpoint answers with our key, has our models, and we know what they cost."""

import httpx

from agents_team.prices import price_of
from bot.doctor.findings import Finding, Patient, error, note, ok, warning

OPENAI = "https://api.openai.com/v1"
SECONDS = 10.0


async def endpoint(patient: Patient) -> list[Finding]:
    """GET /models of the endpoint: no token is spent."""
    chosen = patient.settings.model
    if chosen.provider == "offline":
        return [note("the offline model answers: it needs no key, and says less", 'set model.provider = "openai"')]
    key = chosen.api_key.get_secret_value() if chosen.api_key else ""
    base = (chosen.base_url or OPENAI).rstrip("/")
    try:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=not _near(base)) as client:
            answer = await client.get(f"{base}/models", headers={"authorization": f"Bearer {key}"})
    except httpx.HTTPError as trouble:
        return [error(f"{base} does not answer ({type(trouble).__name__})", "check model.base_url, proxy and firewall")]
    return _judge(base, answer, {chosen.name, chosen.router_name} - {""})


def _near(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")


def _judge(base: str, answer: httpx.Response, wanted: set[str]) -> list[Finding]:
    if answer.status_code in (401, 403):
        return [error(f"{base} refuses our key ({answer.status_code})", "set model.api_key to a valid key")]
    if answer.status_code == 404:
        return [note(f"{base} answers, and does not list its models")]
    if not answer.is_success:
        return [error(f"{base} answers {answer.status_code}", "see the status page of the provider")]
    try:
        known = {str(entry["id"]) for entry in answer.json()["data"]}
    except (ValueError, KeyError, TypeError):
        return [warning(f"{base}/models is not a list of models", "check model.base_url: it usually ends in /v1")]
    missing = sorted(wanted - known)
    if missing:
        mend = f"set model.name and model.router_name to models it has, such as {', '.join(sorted(known)[:5])}"
        return [error(f"{base} does not have {', '.join(missing)}", mend)]
    return [ok(f"{base} has {', '.join(sorted(wanted))}")]


async def prices(patient: Patient) -> list[Finding]:
    """Without prices, the money bound of a run and the cost per ticket are blind."""
    chosen = patient.settings.model
    if chosen.provider == "offline":
        return [ok("the offline model costs nothing")]
    unknown = [name for name in {chosen.name, chosen.router_name} - {""} if price_of(name, {}) is None]
    if unknown:
        what = f"nobody knows what {', '.join(sorted(unknown))} costs: costs are counted as 0"
        return [
            warning(what, "choose a model in agents_team/prices.py, or add its price there; token bounds still hold")
        ]
    return [ok("prices are known")]
