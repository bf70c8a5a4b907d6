"""The offline technical specialist: what the documents say, whether the service is up, a reset link."""

from agents_team.models.offline import extract
from agents_team.models.offline.common import before_all, say, unproven
from agents_team.models.offline.faq import from_documents
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.reading import Reading
from agents_team.models.offline.triage import choose


def technical(reading: Reading) -> Move:
    """Ask the status page when it may be down, send a link when one is asked for, else quote what is written down."""
    first = before_all(reading, "technical")
    if first is not None:
        return first
    if reading.called("propose_password_reset"):
        return _after_proposal(reading)
    if extract.signals("reset_link", reading.question) and "propose_password_reset" in reading.tools:
        return [Call("propose_password_reset")]
    if choose(reading).intent.endswith("service status"):
        return _status(reading)
    return from_documents(reading)


def _status(reading: Reading) -> Move:
    if not reading.called("service_status"):
        return [Call("service_status")]
    result = reading.result("service_status") or {}
    return (
        from_documents(reading) if "error" in result else say(reading, "service_status", status=str(result["status"]))
    )


def _after_proposal(reading: Reading) -> Move:
    result = reading.result("propose_password_reset") or {}
    if str(result.get("error")).startswith("identity_not_proven"):
        return unproven(reading, str(result["error"]))
    if "error" in result:
        return Say(str(result.get("say", "")))
    return say(reading, "reset_link")
