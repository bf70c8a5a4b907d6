"""Joins what trusted servers say and what we find out ourselves into the one answer: is the sender proven?"""

from collections.abc import Mapping
from typing import Any

from channels.mail.config import MailConfig
from channels.mail.parse import ParsedMail
from channels.mail.parse.auth import read_auth
from channels.mail.proof.dkim_check import authserv_id, check_arc, check_signatures
from channels.mail.proof.dmarc import Policy, aligned, find_policy
from channels.mail.proof.lookup import DnsFailure, Lookup
from channels.mail.proof.spf import check_spf

Auth = Mapping[str, Any]


def prove(config: MailConfig, raw: bytes, envelope: Mapping[str, Any], mail: ParsedMail, lookup: Lookup) -> Auth:
    """`mail.auth` with our own findings; `aligned` is True only when the single From is proven, `by` says how.

    `by` is authserv (a trusted server), dkim, spf (only at our edge) or arc. Asks the DNS only when a trusted server
    has not proven the sender already, and blocks meanwhile. A DNS that does not answer proves nothing.
    """
    at_edge = config.edge and envelope.get("transport") == "smtp"
    # At our own edge nobody stands between the sender and us: every such header is the sender's own.
    auth: dict[str, Any] = {} if at_edge else dict(mail.auth)
    if auth.get("aligned") is True:
        return auth | {"by": "authserv"}
    domain = mail.from_.address.rpartition("@")[2].lower() if mail.from_ else ""
    if not domain or not _is_single(mail) or not envelope.get("complete", True):
        return auth
    # What a trusted server found to be forged stays so, unless a forwarder explains it.
    forged = auth.get("dmarc") == "fail"
    own = {} if forged else _own_checks(config, raw, envelope, domain, at_edge, lookup)
    if own.get("by") is None and config.arc_sealers:
        own |= _arc(config, raw, domain, lookup)
    return auth | own if own else auth


def _is_single(mail: ParsedMail) -> bool:
    return mail.from_count == 1 and not {"several_from", "no_from", "unsound_from"} & set(mail.flags)


def _own_checks(
    config: MailConfig, raw: bytes, envelope: Mapping[str, Any], domain: str, at_edge: bool, lookup: Lookup
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if at_edge:
        sender, helo = str(envelope.get("mail_from", "")), str(envelope.get("helo", ""))
        found["spf"], found["spf_domain"] = check_spf(str(envelope.get("peer", "")), sender, helo, lookup)
    if (config.check_dkim or at_edge) and b"dkim-signature:" in raw[:262_144].lower():
        signatures = check_signatures(raw, lookup)
        found["dkim"] = "pass" if signatures.domains else "temperror" if signatures.unknown else "fail"
        found["dkim_domains"] = list(signatures.domains)
    if not found:
        return {}
    return found | {"from_domain": domain, **_verdict(domain, found, at_edge, lookup)}


def _verdict(domain: str, found: Mapping[str, Any], at_edge: bool, lookup: Lookup) -> dict[str, Any]:
    """DMARC's question: does what was authenticated speak for the From?"""
    try:
        policy = find_policy(domain, lookup)
        by = _aligned_by(domain, found, policy, lookup)
    except DnsFailure:
        return {"aligned": False, "dmarc": "temperror"}
    verdict: dict[str, Any] = {"aligned": by is not None}
    if by is not None:
        verdict["by"] = by
    if at_edge:
        verdict["dmarc"] = "none" if policy is None else "pass" if by else "fail"
        verdict["dmarc_policy"] = policy.policy if policy else None
    return verdict


def _aligned_by(domain: str, found: Mapping[str, Any], policy: Policy | None, lookup: Lookup) -> str | None:
    if aligned(domain, found.get("dkim_domains", ()), bool(policy and policy.strict_dkim), lookup):
        return "dkim"
    # Without a policy of its own a domain has not said that its servers speak for the From.
    if found.get("spf") != "pass" or policy is None:
        return None
    return "spf" if aligned(domain, [str(found["spf_domain"])], policy.strict_spf, lookup) else None


def _arc(config: MailConfig, raw: bytes, domain: str, lookup: Lookup) -> dict[str, Any]:
    if b"arc-seal:" not in raw[:262_144].lower():
        return {}
    chain = check_arc(raw, config.arc_sealers, lookup)
    found: dict[str, Any] = {"arc": chain.result, "arc_sealer": chain.sealer}
    if chain.result != "pass":
        return found
    server = authserv_id(chain.results)
    seen = read_auth([("authentication-results", chain.results)], [server], domain, from_is_single=True)
    return found | ({"aligned": True, "by": "arc", "from_domain": domain} if seen.get("aligned") else {})
