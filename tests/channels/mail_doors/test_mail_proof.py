"""Who sent a mail is proven by signatures, by SPF at our own edge, or by a trusted forwarder; and by nothing else."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from mail_doors import ADDRESS, CONFIG

from channels.base import Raw, Reply, Trust, Wrote
from channels.mail.config import DkimConfig, MailConfig
from channels.mail.proof import DnsFailure, Lookup
from channels.mail.proof.dmarc import aligned, find_policy, organisation_of
from channels.mail.proof.spf import check_spf
from channels.mail.send import MailChannel
from channels.mail.sign import sign
from channels.mail.write import write_mail

MAIL = f"From: Anna <anna@customer.example>\r\nTo: {ADDRESS}\r\nSubject: Lamp\r\nDate: {{}}\r\n\r\nIt is broken.\r\n"
POLICY = {("_dmarc.customer.example", "TXT"): ["v=DMARC1; p=reject"]}
SIGNED = ["From", "To", "Subject", "Date"]


@cache
def key() -> tuple[bytes, str]:
    """(private key as PEM, the TXT record of its public half)."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem, "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()


def dns(records: Mapping[tuple[str, str], list[str]], broken: str = "") -> Lookup:
    def lookup(name: str, kind: str) -> list[str]:
        if broken and broken in name:
            raise DnsFailure(name)
        return list(records.get((name.rstrip("."), kind), []))

    return lookup


def signed(raw: bytes, domain: str = "customer.example", **options: Any) -> bytes:
    header: bytes = dkim.sign(
        raw, b"s1", domain.encode(), key()[0], include_headers=[h.encode() for h in SIGNED], **options
    )
    return header + raw


def mail(extra: str = "") -> bytes:
    return (extra + MAIL.format("Wed, 4 Mar 2026 09:59:00 +0000")).encode()


async def read(
    raw: bytes,
    records: Mapping[tuple[str, str], list[str]] = {},
    config: MailConfig = CONFIG,
    broken: str = "",
    **envelope: Any,
) -> Wrote:
    channel = MailChannel(config, dns=lambda: dns({**keys(), **records}, broken))
    received = {"received_at": "2026-03-04T10:00:00+00:00", **envelope}
    wrote = await channel.read(Raw("mail", "k", "l", raw, received))
    assert isinstance(wrote, Wrote)
    return wrote


def keys(*domains: str) -> dict[tuple[str, str], list[str]]:
    named = domains or ("customer.example",)
    return {(f"s1._domainkey.{domain}", "TXT"): [key()[1]] for domain in named}


def proof(wrote: Wrote) -> tuple[Trust, Any]:
    return wrote.author.trust, wrote.facts.get("auth", {}).get("by")


# ------------------------------------------------------------------ signatures


async def test_good_signature_of_the_sender_s_domain_proves_them() -> None:
    assert proof(await read(signed(mail()))) == (Trust.ALIGNED_MAIL, "dkim")


async def test_mail_that_was_changed_on_its_way_proves_nothing() -> None:
    changed = signed(mail()).replace(b"It is broken.", b"Please pay me.")
    wrote = await read(changed)
    assert proof(wrote) == (Trust.UNKNOWN, None)
    assert wrote.facts["auth"]["dkim"] == "fail"


async def test_signature_of_somebody_else_proves_nothing() -> None:
    wrote = await read(signed(mail(), "evil.example"), keys("evil.example"))
    assert proof(wrote) == (Trust.UNKNOWN, None)


async def test_signature_over_a_part_of_the_body_proves_nothing() -> None:
    assert proof(await read(signed(mail(), length=True) + b"And refund order 7.\r\n"))[0] is Trust.UNKNOWN


async def test_second_sender_proves_nothing() -> None:
    assert proof(await read(b"From: ceo@customer.example\r\n" + signed(mail())))[0] is Trust.UNKNOWN


async def test_signature_of_the_parent_domain_counts_within_one_organisation() -> None:
    below = mail().replace(b"anna@customer", b"anna@news.customer")
    assert proof(await read(signed(below), POLICY)) == (Trust.ALIGNED_MAIL, "dkim")
    strict = {("_dmarc.customer.example", "TXT"): ["v=DMARC1; p=reject; adkim=s"]}
    assert proof(await read(signed(below), strict))[0] is Trust.UNKNOWN


async def test_registry_s_record_makes_no_neighbours_one_organisation() -> None:
    records = {("_dmarc.example", "TXT"): ["v=DMARC1; p=none; psd=y"], **keys("evil.example")}
    assert proof(await read(signed(mail(), "evil.example"), records))[0] is Trust.UNKNOWN


async def test_dns_that_does_not_answer_proves_nothing_and_says_so() -> None:
    wrote = await read(signed(mail()), broken="_domainkey")
    assert proof(wrote)[0] is Trust.UNKNOWN
    assert wrote.facts["auth"]["dkim"] == "temperror"


async def test_verdict_of_our_border_stands_over_our_own_check() -> None:
    forged = "Authentication-Results: mx.desk.example; dmarc=fail header.from=customer.example\r\n"
    assert proof(await read(forged.encode() + signed(mail())))[0] is Trust.UNKNOWN


async def test_check_can_be_turned_off() -> None:
    assert proof(await read(signed(mail()), config=replace(CONFIG, check_dkim=False)))[0] is Trust.UNKNOWN


# ------------------------------------------------------------------ our own edge

EDGE = replace(CONFIG, edge=True)
SPF = {("customer.example", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"]}
FROM_THERE = {
    "transport": "smtp",
    "peer": "192.0.2.7",
    "helo": "mx.customer.example",
    "mail_from": "a@customer.example",
}


async def test_at_our_edge_the_right_server_proves_a_sender_whose_domain_has_a_policy() -> None:
    wrote = await read(mail(), {**SPF, **POLICY}, EDGE, **FROM_THERE)
    assert proof(wrote) == (Trust.ALIGNED_MAIL, "spf")
    assert (wrote.facts["auth"]["spf"], wrote.facts["auth"]["dmarc"]) == ("pass", "pass")


async def test_at_our_edge_the_wrong_server_is_a_forger() -> None:
    wrote = await read(mail(), {**SPF, **POLICY}, EDGE, **{**FROM_THERE, "peer": "198.51.100.1"})
    assert proof(wrote)[0] is Trust.UNKNOWN
    assert (wrote.facts["auth"]["spf"], wrote.facts["auth"]["dmarc_policy"]) == ("fail", "reject")


async def test_envelope_of_another_domain_proves_nothing() -> None:
    records = {("evil.example", "TXT"): ["v=spf1 +all"], **POLICY}
    wrote = await read(mail(), records, EDGE, **{**FROM_THERE, "mail_from": "a@evil.example"})
    assert proof(wrote)[0] is Trust.UNKNOWN


async def test_at_our_edge_nobody_s_own_results_are_believed() -> None:
    claim = "Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example\r\n"
    assert proof(await read(mail(claim)))[0] is Trust.ALIGNED_MAIL, "behind a border they are the border's"
    wrote = await read(mail(claim), POLICY, EDGE, **{**FROM_THERE, "peer": "198.51.100.1"})
    assert proof(wrote)[0] is Trust.UNKNOWN


@pytest.mark.parametrize(
    ("record", "ip", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.1", "pass"),
        ("v=spf1 ip4:192.0.2.0/24 ~all", "198.51.100.1", "softfail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.1", "pass"),
        ("v=spf1 a -all", "192.0.2.10", "pass"),
        ("v=spf1 a/28 -all", "192.0.2.14", "pass"),
        ("v=spf1 mx -all", "192.0.2.20", "pass"),
        ("v=spf1 a:other.example/24//64 -all", "203.0.113.9", "pass"),
        ("v=spf1 include:other.example -all", "203.0.113.1", "pass"),
        ("v=spf1 include:other.example ?all", "203.0.114.1", "neutral"),
        ("v=spf1 redirect=other.example", "203.0.113.1", "pass"),
        ("v=spf1 redirect=nothing.example", "203.0.113.1", "permerror"),
        ("v=spf1 exists:%{ir}.%{l}.list.example -all", "192.0.2.1", "pass"),
        ("v=spf1 ptr -all", "192.0.2.1", "fail"),
        ("v=spf1 include:loop.example -all", "192.0.2.1", "permerror"),
        ("v=spf1 ipv4:192.0.2.1 -all", "192.0.2.1", "permerror"),
        ("v=spf1", "192.0.2.1", "neutral"),
        ("v=spf2 +all", "192.0.2.1", "none"),
    ],
)
def test_spf_says_what_the_rfc_says(record: str, ip: str, result: str) -> None:
    records = {
        ("customer.example", "TXT"): ["some other text", record],
        ("customer.example", "A"): ["192.0.2.10"],
        ("customer.example", "MX"): ["mx.customer.example."],
        ("mx.customer.example", "A"): ["192.0.2.20"],
        ("other.example", "TXT"): ["v=spf1 ip4:203.0.113.0/24 -all"],
        ("other.example", "A"): ["203.0.113.1"],
        ("1.2.0.192.anna.list.example", "A"): ["127.0.0.2"],
        ("loop.example", "TXT"): ["v=spf1 include:loop.example -all"],
    }
    assert check_spf(ip, "anna@customer.example", "helo.example", dns(records)) == (result, "customer.example")


def test_spf_stops_at_ten_lookups_and_at_a_silent_dns() -> None:
    chain = {(f"d{n}.example", "TXT"): [f"v=spf1 include:d{n + 1}.example -all"] for n in range(20)}
    assert check_spf("192.0.2.1", "a@d0.example", "", dns(chain))[0] == "permerror"
    assert check_spf("192.0.2.1", "a@d0.example", "", dns(chain, broken="d3"))[0] == "temperror"
    assert check_spf("192.0.2.1", "", "d0.example", dns({}))[1] == "d0.example", "the null sender's HELO"
    assert check_spf("nonsense", "a@d0.example", "", dns({}))[0] == "none"


def test_organisation_is_found_by_walking_up_and_never_by_a_list() -> None:
    records = {
        ("_dmarc.customer.example", "TXT"): ["v=DMARC1; p=reject; sp=quarantine"],
        ("_dmarc.co.example", "TXT"): ["v=DMARC1; p=none; psd=y"],
    }
    assert organisation_of("a.b.customer.example", dns(records)) == "customer.example"
    assert organisation_of("a.shop.co.example", dns(records)) == "shop.co.example"
    policy = find_policy("a.b.customer.example", dns(records))
    assert policy is not None
    assert policy.policy == "quarantine"
    assert not aligned("shop.co.example", ["evil.co.example"], False, dns(records))


# ------------------------------------------------------------------ forwarders


def sealed(raw: bytes, sealer: str, seen: str) -> bytes:
    """The mail as a forwarder passes it on: results, signature and seal on top (ARC)."""
    results = f"Authentication-Results: {sealer}; {seen}\r\n".encode()
    headers: list[bytes] = dkim.arc_sign(
        results + raw, b"s1", sealer.encode(), key()[0], sealer.encode(), include_headers=[b"from", b"subject"]
    )
    return b"".join(headers) + raw


async def test_forwarder_on_the_list_may_vouch_for_the_sender() -> None:
    passed = "dmarc=pass header.from=customer.example"
    forwarded = sealed(mail(), "lists.example", passed)
    trusting = replace(CONFIG, arc_sealers=("lists.example",))
    assert proof(await read(forwarded, keys("lists.example"), trusting)) == (Trust.ALIGNED_MAIL, "arc")
    assert proof(await read(forwarded, keys("lists.example")))[0] is Trust.UNKNOWN, "nobody is on the list"
    other = replace(CONFIG, arc_sealers=("other.example",))
    assert proof(await read(forwarded, keys("lists.example"), other))[0] is Trust.UNKNOWN
    changed = forwarded.replace(b"It is broken.", b"Please pay me.")
    assert proof(await read(changed, keys("lists.example"), trusting))[0] is Trust.UNKNOWN
    failed = sealed(mail(), "lists.example", "dmarc=fail header.from=customer.example")
    assert proof(await read(failed, keys("lists.example"), trusting))[0] is Trust.UNKNOWN


# ------------------------------------------------------------------ what we sign ourselves

REPLY = Reply("msg_1", "tkt_1", {"to": "anna@customer.example"}, "Hello", datetime(2026, 3, 4, tzinfo=UTC))


def test_what_we_sign_is_the_same_at_every_rebuild_and_holds(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(key()[0])
    config = DkimConfig("s1", "desk.example", str(file))
    written = write_mail(CONFIG, REPLY).content
    first, second = (sign(config, written, REPLY.created_at) for _ in range(2))
    assert first == second
    assert first.endswith(written)
    asked: list[bytes] = []

    def lookup(name: bytes, timeout: float = 5) -> bytes:
        asked.append(name)
        return key()[1].encode()

    assert dkim.verify(first, dnsfunc=lookup)
    assert asked == [b"s1._domainkey.desk.example."]
    assert not dkim.verify(first.replace(b"Hello", b"Hallo"), dnsfunc=lookup)
    added = first.replace(b"Subject:", b"Subject: Pay me\r\nSubject:", 1)
    assert not dkim.verify(added, dnsfunc=lookup), "nobody can add a second subject"


def test_key_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("nonsense")
    with pytest.raises(ValueError, match="cannot sign"):
        sign(DkimConfig("s1", "desk.example", str(file)), write_mail(CONFIG, REPLY).content, REPLY.created_at)
