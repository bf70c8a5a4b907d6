"""Checks of the model: the endpoint answers with our key, has our models, and we know what they cost."""

import httpx

from agents_team.prices import PRICES_AS_OF, price_of
from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from bot.wiring import model_prices

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
        answer = await _models_of(base, key)
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
        mend = f"set model.name, router_name or embedding_name to a model it has: {', '.join(sorted(known)[:5])}"
        return [error(f"{base} does not have {', '.join(missing)}", mend)]
    return [ok(f"{base} has {', '.join(sorted(wanted))}")]


async def prices(patient: Patient) -> list[Finding]:
    """Without prices, the money bound of a run and the cost per ticket are blind."""
    chosen = patient.settings.model
    if chosen.provider == "offline":
        return [ok("the offline model costs nothing")]
    second = chosen.fallback
    names = {chosen.name, chosen.router_name, *((second.name, second.router_name) if second else ())} - {""}
    own = model_prices(chosen)
    unknown = sorted(name for name in names if price_of(name, own) is None)
    if unknown:
        what = f"nobody knows what {', '.join(unknown)} costs: costs are counted as 0, only token bounds hold"
        mend = f'[model.prices."{unknown[0]}"] input = "0.25", cached = "0.025", output = "2" (dollars per million)'
        return [warning(what, mend)]
    yours = sorted(names & own.keys())
    return [ok(f"prices are known (table of {PRICES_AS_OF}{', your own for ' + ', '.join(yours) if yours else ''})")]


async def embeddings(patient: Patient) -> list[Finding]:
    """The embedding endpoint has our model; without one, words alone find documents and examples."""
    chosen = patient.settings.model
    if chosen.embedding_name is None:
        return [note("no embedding model: documents are found by their words", "set model.embedding_name")]
    secret = chosen.embedding_api_key or chosen.api_key
    base = (chosen.embedding_base_url or chosen.base_url or OPENAI).rstrip("/")
    try:
        answer = await _models_of(base, secret.get_secret_value() if secret else "")
    except httpx.HTTPError as trouble:
        return [
            error(f"{base} does not answer ({type(trouble).__name__})", "check model.embedding_base_url and firewall")
        ]
    return _judge(base, answer, {chosen.embedding_name})


async def _models_of(base: str, key: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=not _near(base)) as client:
        return await client.get(f"{base}/models", headers={"authorization": f"Bearer {key}"})
