"""Questions to the DNS, answered within a budget of seconds; tests answer them from a dictionary."""

import time
from collections.abc import Callable

import dns.exception
import dns.resolver

Lookup = Callable[[str, str], list[str]]
"""(name, record type) -> the records as text, [] when there are none. Raises DnsFailure when nobody can say."""

_ONE_SECONDS = 4.0


class DnsFailure(Exception):
    """The DNS did not answer: nothing is proven and nothing is disproven."""


def system_lookup(budget_seconds: float = 8.0) -> Lookup:
    """A Lookup by this machine's resolver for the checks of one mail; all its questions share the budget."""
    ends = time.monotonic() + budget_seconds

    def lookup(name: str, kind: str) -> list[str]:
        rest = ends - time.monotonic()
        if rest <= 0:
            raise DnsFailure("no time left for more questions")
        try:
            answer = dns.resolver.resolve(name, kind, lifetime=min(rest, _ONE_SECONDS), search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, UnicodeError) as error:
            raise DnsFailure(f"{kind} of {name[:100]}: {type(error).__name__}") from error
        return [_text(record, kind) for record in answer]

    return lookup


def _text(record: object, kind: str) -> str:
    if kind == "TXT":
        strings: tuple[bytes, ...] = record.strings  # type: ignore[attr-defined]
        return b"".join(strings).decode("utf-8", "replace")
    if kind == "MX":
        return str(record.exchange)  # type: ignore[attr-defined]
    return str(record)
