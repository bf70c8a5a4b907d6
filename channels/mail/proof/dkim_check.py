"""DKIM signatures and ARC seals, checked with dkimpy and the keys in the DNS."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

import dkim

from channels.mail.parse.auth import parse_results
from channels.mail.proof.lookup import DnsFailure, Lookup

_MOST_SIGNATURES = 5
_BREAKS = (dkim.DKIMException, ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
"""What dkimpy raises when a stranger's header is not what it expects."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """The domains whose signature holds; `unknown` when the DNS could not be asked about another one."""

    domains: tuple[str, ...]
    unknown: bool


def check_signatures(raw: bytes, lookup: Lookup) -> Signatures:
    """Check the first few signatures. One that covers only a part of the body proves nothing about the rest of it."""
    failed: list[str] = []
    dnsfunc = _dnsfunc(lookup, failed)
    message = dkim.DKIM(raw)
    passed: list[str] = []
    count = sum(name.lower() == b"dkim-signature" for name, _ in message.headers)
    for index in range(min(count, _MOST_SIGNATURES)):
        try:
            holds = message.verify(index, dnsfunc=dnsfunc)
        except _BREAKS:
            continue
        if holds and b"l" not in message.signature_fields and {b"from", b"subject"} <= set(message.include_headers):
            passed.append(message.domain.decode("ascii", "replace").lower())
    return Signatures(tuple(dict.fromkeys(passed)), bool(failed))


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What an ARC chain says: who sealed it last, and the Authentication-Results they saw, as a header value."""

    result: str
    sealer: str = ""
    results: str = ""


def check_arc(raw: bytes, sealers: Collection[str], lookup: Lookup) -> Forwarded:
    """pass only when the whole chain holds and everybody in it is in `sealers`: each could have lied."""
    failed: list[str] = []
    try:
        verdict, instances, _ = dkim.arc_verify(raw, dnsfunc=_dnsfunc(lookup, failed))
    except _BREAKS:
        return Forwarded("fail")
    if failed:
        return Forwarded("temperror")
    if verdict == dkim.CV_None:
        return Forwarded("none")
    if verdict != dkim.CV_Pass:
        return Forwarded("fail")
    signers = {
        instance[key].decode("ascii", "replace").lower()
        for instance in instances
        for key in ("as-domain", "ams-domain")
    }
    last = instances[0]
    if not signers <= {sealer.lower() for sealer in sealers}:
        return Forwarded("untrusted", ", ".join(sorted(signers)))
    results = re.sub(r"^\s*i\s*=\s*\d+\s*;", "", _first_results(instances))
    return Forwarded("pass", last["as-domain"].decode("ascii", "replace").lower(), results)


def authserv_id(results: str) -> str:
    """Who wrote these results; "" when they do not say."""
    return parse_results(results)[0]


def _first_results(instances: list[dict[str, bytes]]) -> str:
    """What the first forwarder saw: it was the only one that had the mail as its author sent it."""
    first = min(instances, key=lambda instance: instance["instance"])
    return str(first["aar-value"].decode("utf-8", "replace"))


def _dnsfunc(lookup: Lookup, failed: list[str]) -> Callable[..., bytes | None]:
    def ask(name: bytes, timeout: float = 5) -> bytes | None:
        try:
            records = lookup(name.decode("ascii").rstrip("."), "TXT")
        except UnicodeDecodeError:
            return None
        except DnsFailure as error:
            failed.append(str(error))
            raise dkim.DnsTimeoutError(str(error)) from error
        return records[0].encode() if records else None

    return ask
