"""DMARC: what a domain says about mail in its name, and whether an authenticated domain speaks for it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from channels.mail.proof.lookup import Lookup

_MOST_STEPS = 8
_TAG = re.compile(r"\s*([a-z]{1,10})\s*=\s*([^;]*)")


@dataclass(frozen=True, slots=True)
class Policy:
    """The record that applies to a From domain. `policy` is none, quarantine or reject."""

    domain: str
    policy: str
    strict_dkim: bool
    strict_spf: bool


def find_policy(domain: str, lookup: Lookup) -> Policy | None:
    """The domain's own record, else that of its organisation; None when there is none. Raises DnsFailure."""
    own = _record(domain, lookup)
    found = own if own is not None else _record(organisation_of(domain, lookup), lookup)
    if found is None:
        return None
    policy = found.get("p", "none") if own is not None else found.get("sp", found.get("p", "none"))
    return Policy(domain, policy.lower(), found.get("adkim", "r") == "s", found.get("aspf", "r") == "s")


def organisation_of(domain: str, lookup: Lookup) -> str:
    """The organisational domain by walking up the tree (DMARCbis): no list of public suffixes to grow old.

    Without any record above it, a domain is its own organisation. Raises DnsFailure.
    """
    found = domain
    for name in _upwards(domain):
        record = _record(name, lookup)
        if record is None:
            continue
        if record.get("psd") == "n":
            return name
        if record.get("psd") == "y":
            # A registry's own record: the organisation is one label below it.
            return name if name == domain else domain.removesuffix("." + name).rpartition(".")[2] + "." + name
        found = name
    return found


def aligned(domain: str, candidates: Iterable[str], strict: bool, lookup: Lookup) -> bool:
    """Whether one of the authenticated domains speaks for `domain`. Raises DnsFailure."""
    names = {candidate.lower().rstrip(".") for candidate in candidates if candidate}
    if domain in names:
        return True
    if strict or not names:
        return False
    ours = organisation_of(domain, lookup)
    # A domain of another organisation cannot end in ours, so nobody's name servers are asked for nothing.
    related = (name for name in sorted(names)[:5] if name == ours or name.endswith("." + ours))
    return any(organisation_of(name, lookup) == ours for name in related)


def _upwards(domain: str) -> Iterator[str]:
    """The domain and its parents; of very deep ones only the last seven labels, so that the walk stays short."""
    labels = domain.split(".")
    yield domain
    rest = labels[1:] if len(labels) < _MOST_STEPS else labels[-(_MOST_STEPS - 1) :]
    while rest:
        yield ".".join(rest)
        rest = rest[1:]


def _record(domain: str, lookup: Lookup) -> dict[str, str] | None:
    records = [text for text in lookup(f"_dmarc.{domain}", "TXT") if re.match(r"v\s*=\s*DMARC1\s*(?:;|\Z)", text)]
    if len(records) != 1:
        return None
    return {name: value.strip() for name, value in _TAG.findall(records[0])}
