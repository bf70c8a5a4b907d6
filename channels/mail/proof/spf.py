"""SPF (RFC 7208): may this address send mail for that domain?"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.mail.proof.lookup import DnsFailure, Lookup

_MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4
_MOST_VOID = 2
_MOST_MX = 10
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_TERM = re.compile(r"([+~?-]?)([a-z0-9]+)(?:[:]([^/\s]+))?((?:/{1,2}\d{1,3}){0,2})\Z", re.IGNORECASE)
_MACRO = re.compile(r"%\{([slodiphv])(\d{0,3})(r?)([.+,/_=-]*)\}|%([%_-])", re.IGNORECASE)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _PermanentError(Exception):
    """The domain's record cannot be followed."""


@dataclass(slots=True)
class _Check:
    """One question, and what it may still cost."""

    ip: Address
    sender: str
    helo: str
    lookup: Lookup
    lookups: int = 0
    void: int = 0
    seen: list[str] = field(default_factory=list)

    def ask(self, name: str, kind: str) -> list[str]:
        """Records; too many names without any are an attack on somebody's name servers."""
        found = self.lookup(name, kind)
        if not found:
            self.void += 1
            if self.void > _MOST_VOID:
                raise _PermanentError("too many names that do not exist")
        return found

    def count(self) -> None:
        self.lookups += 1
        if self.lookups > _MOST_LOOKUPS:
            raise _PermanentError("too many look-ups")


def check_spf(ip: str, mail_from: str, helo: str, lookup: Lookup) -> tuple[str, str]:
    """(result, the domain that was asked): pass, fail, softfail, neutral, none, temperror or permerror.

    With the null sender the HELO name is asked, as RFC 7208 section 2.4 says.
    """
    domain = (mail_from.rpartition("@")[2] or helo).strip().lower().rstrip(".")
    sender = mail_from if "@" in mail_from else f"postmaster@{domain}"
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "none", domain
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    try:
        return _evaluate(_Check(address, sender, helo, lookup), domain), domain
    except DnsFailure:
        return "temperror", domain
    except _PermanentError:
        return "permerror", domain


def _evaluate(check: _Check, domain: str) -> str:
    if not _is_name(domain) or domain in check.seen:
        return "none"
    records = [text for text in check.lookup(domain, "TXT") if re.match(r"v=spf1(?: |\Z)", text, re.IGNORECASE)]
    if not records:
        return "none"
    if len(records) > 1:
        raise _PermanentError("two records")
    check.seen.append(domain)
    try:
        return _walk(check, domain, records[0].split()[1:])
    finally:
        check.seen.pop()


def _walk(check: _Check, domain: str, terms: list[str]) -> str:
    redirect = ""
    for term in terms:
        name, equals, value = term.partition("=")
        if equals and re.fullmatch(r"[a-z][a-z0-9_.-]*", name, re.IGNORECASE):
            redirect = value if name.lower() == "redirect" else redirect
            continue
        match = _TERM.match(term)
        if match is None:
            raise _PermanentError(term)
        if _matches(check, domain, match[2].lower(), match[3] or "", match[4]):
            return _RESULTS[match[1] or "+"]
    if redirect:
        check.count()
        result = _evaluate(check, _expand(check, domain, redirect))
        if result == "none":
            raise _PermanentError("redirect to nothing")
        return result
    return "neutral"


def _matches(check: _Check, domain: str, mechanism: str, value: str, lengths: str) -> bool:
    match mechanism:
        case "all":
            return True
        case "ip4" | "ip6":
            return _in_network(check.ip, mechanism, value, lengths)
        case "include" | "a" | "mx" | "exists" | "ptr":
            check.count()
            target = _expand(check, domain, value) if value else domain
            return _matches_by_name(check, mechanism, target, lengths)
    raise _PermanentError(f"unknown mechanism {mechanism}")


def _matches_by_name(check: _Check, mechanism: str, target: str, lengths: str) -> bool:
    match mechanism:
        case "include":
            result = _evaluate(check, target)
            if result == "none":
                raise _PermanentError(f"include of nothing: {target}")
            return result == "pass"
        case "exists":
            return bool(check.ask(target, "A"))
        case "a":
            return _has_address(check, target, lengths)
        case "mx":
            hosts = check.ask(target, "MX")
            if len(hosts) > _MOST_MX:
                raise _PermanentError("too many mail servers")
            return any(_has_address(check, host.rstrip("."), lengths) for host in hosts)
    return False  # ptr: RFC 7208 section 5.5 tells everybody not to use it, and we do not


def _has_address(check: _Check, name: str, lengths: str) -> bool:
    four, six = _lengths(lengths)
    length, kind = (four, "A") if check.ip.version == 4 else (six, "AAAA")
    return any(_inside(check.ip, text, length) for text in check.ask(name, kind))


def _in_network(ip: Address, mechanism: str, value: str, lengths: str) -> bool:
    version = 4 if mechanism == "ip4" else 6
    if ip.version != version:
        return False
    # "ip6:2001:db8::/32" has its colons and its length in one word for the pattern of terms.
    text = value + lengths
    try:
        return ip in ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise _PermanentError(text) from error


def _inside(ip: Address, text: str, length: int) -> bool:
    try:
        return ip in ipaddress.ip_network(f"{text}/{length}", strict=False)
    except ValueError:
        return False


def _lengths(text: str) -> tuple[int, int]:
    """The prefix lengths in "/24//64"."""
    four = re.match(r"/(\d+)", text)
    six = re.search(r"//(\d+)", text)
    found = int(four[1]) if four else 32, int(six[1]) if six else 128
    if found[0] > 32 or found[1] > 128:
        raise _PermanentError(f"prefix length {text}")
    return found


def _expand(check: _Check, domain: str, text: str) -> str:
    """The macros of RFC 7208 section 7."""

    def replace(match: re.Match[str]) -> str:
        if match[5]:
            return {"%": "%", "_": " ", "-": "%20"}[match[5]]
        parts = re.split(f"[{re.escape(match[4] or '.')}]", _letter(check, domain, match[1].lower()))
        if match[3]:
            parts.reverse()
        if match[2]:
            parts = parts[-int(match[2]) :] if int(match[2]) else parts
        return ".".join(parts)

    name = _MACRO.sub(replace, text).lower().rstrip(".")
    while len(name) > 253:
        name = name.partition(".")[2]
    return name


def _letter(check: _Check, domain: str, letter: str) -> str:
    local, _, sender_domain = check.sender.rpartition("@")
    match letter:
        case "s":
            return check.sender
        case "l":
            return local
        case "o":
            return sender_domain
        case "d":
            return domain
        case "i":
            return ".".join(_nibbles(check.ip))
        case "h":
            return check.helo
        case "v":
            return "in-addr" if check.ip.version == 4 else "ip6"
    return "unknown"


def _nibbles(ip: Address) -> Iterator[str]:
    yield from (str(ip).split(".") if ip.version == 4 else ip.exploded.replace(":", ""))


def _is_name(domain: str) -> bool:
    labels = domain.split(".")
    return len(domain) <= 253 and len(labels) > 1 and all(0 < len(label) <= 63 for label in labels)
