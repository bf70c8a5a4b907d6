"""Checks of our own domain: will others believe that our mail is ours (SPF, DKIM, DMARC)."""

import asyncio

import dns.asyncresolver
import dns.exception
import dns.resolver

from bot.doctor.findings import Finding, Patient, error, note, ok, warning

# RFC 2606 and RFC 6761: names nobody can own.
RESERVED = (".example", ".test", ".invalid", ".localhost", "example.com", "example.net", "example.org")
SECONDS = 5.0


async def domain(patient: Patient) -> list[Finding]:
    """SPF (RFC 7208), DMARC (RFC 7489) and the DKIM keys named in doctor.dkim_selectors (RFC 6376)."""
    address, chosen = patient.settings.mail.address, patient.settings.doctor
    if address is None:
        return [note("mail is not set up")]
    name = address.rpartition("@")[2].lower()
    if chosen.dns_server is None and f".{name}".endswith(RESERVED):
        return [note(f"{name} is a name for examples; its records are not asked for")]
    resolver = _resolver(chosen.dns_server)
    asked = [_spf(resolver, name), _dmarc(resolver, name)]
    asked += [_dkim(resolver, name, selector) for selector in chosen.dkim_selectors]
    found = list(await asyncio.gather(*asked))
    if not chosen.dkim_selectors:
        found.append(note("DKIM is not checked", "set doctor.dkim_selectors to those of your keys, such as google"))
    return found


def _resolver(server: str | None) -> dns.asyncresolver.Resolver:
    """The system's, or the one in doctor.dns_server."""
    resolver = dns.asyncresolver.Resolver(configure=server is None)
    resolver.lifetime = SECONDS
    if server is not None:
        host, _, port = server.partition(":")
        resolver.nameservers, resolver.port = [host], int(port or 53)
    return resolver


async def _texts(resolver: dns.asyncresolver.Resolver, name: str) -> list[str]:
    """The TXT records of a name; none when there are none. Raises DNSException when nobody answers."""
    try:
        answer = await resolver.resolve(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]


async def _spf(resolver: dns.asyncresolver.Resolver, name: str) -> Finding:
    try:
        records = [text for text in await _texts(resolver, name) if text.lower().startswith("v=spf1")]
    except dns.exception.DNSException as trouble:
        return _unanswered(name, trouble)
    if not records:
        return warning(f"{name} has no SPF record", f'add TXT {name} "v=spf1 include:YOUR-PROVIDER ~all"')
    if len(records) > 1:
        return error(f"{name} has {len(records)} SPF records, so none counts", "join them into one")
    if records[0].rstrip().lower().endswith("+all"):
        return error(f"SPF of {name} lets everybody send as you", "end the record with ~all or -all")
    return ok(f"SPF of {name}: {records[0][:80]}")


async def _dmarc(resolver: dns.asyncresolver.Resolver, name: str) -> Finding:
    place = f"_dmarc.{name}"
    try:
        records = [text for text in await _texts(resolver, place) if text.lower().startswith("v=dmarc1")]
    except dns.exception.DNSException as trouble:
        return _unanswered(place, trouble)
    if not records:
        what = f"{name} has no DMARC record: others can write in your name"
        return warning(what, f'add TXT {place} "v=DMARC1; p=none; rua=mailto:YOU", and later p=quarantine')
    if "p=none" in records[0].replace(" ", "").lower():
        return note(f"DMARC of {name} only watches (p=none)", "move to p=quarantine once the reports are clean")
    return ok(f"DMARC of {name}: {records[0][:80]}")


async def _dkim(resolver: dns.asyncresolver.Resolver, name: str, selector: str) -> Finding:
    place = f"{selector}._domainkey.{name}"
    try:
        records = await _texts(resolver, place)
    except dns.exception.DNSException as trouble:
        return _unanswered(place, trouble)
    keys = [text for text in records if "p=" in text]
    if not keys:
        return warning(f"there is no DKIM key at {place}", "turn on DKIM signing at your mail provider")
    if any(part.strip() == "p=" for part in keys[0].split(";")):
        return error(f"the DKIM key at {place} is revoked", "publish the key your provider signs with")
    return ok(f"DKIM key at {place}")


def _unanswered(name: str, trouble: Exception) -> Finding:
    return note(
        f"no DNS server answers for {name} ({type(trouble).__name__})", "set doctor.dns_server to one that does"
    )
