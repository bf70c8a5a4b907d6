"""Proof of who sent a mail: signatures we check ourselves, SPF and DMARC at our own edge, ARC of a few forwarders."""

from channels.mail.proof.lookup import DnsFailure, Lookup, system_lookup
from channels.mail.proof.prove import prove

__all__ = ["DnsFailure", "Lookup", "prove", "system_lookup"]
