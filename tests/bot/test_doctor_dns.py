"""The doctor asks a real DNS server whether others will believe our mail."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

from bot.doctor import Finding, Patient, Severity, examine
from bot.settings_load import parse


class Zone(asyncio.DatagramProtocol):
    """Answers TXT questions from a table; a name that is not in it does not exist."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        asked = dns.message.from_wire(data)
        answer = dns.message.make_response(asked)
        name = asked.question[0].name
        texts = self.texts.get(name.to_text().rstrip("."))
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            quoted = [f'"{text}"' for text in texts]
            answer.answer.append(dns.rrset.from_text_list(name, 60, dns.rdataclass.IN, dns.rdatatype.TXT, quoted))
        self.transport.sendto(answer.to_wire(), address)


@pytest.fixture
async def zone() -> AsyncIterator[tuple[Zone, str]]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Zone, local_addr=("127.0.0.1", 0))
    yield protocol, f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    transport.close()


async def domain(server: str) -> list[Finding]:
    text = f"""
        mail.address = "support@northwind.test"
        mail.secret = "a long random text"
        doctor.dns_server = "{server}"
        doctor.dkim_selectors = ["key1"]
    """
    patient = Patient(parse(text, origin="helpdesk.toml"), Path("helpdesk.toml"))
    return (await examine(patient, frozenset({"mail domain"})))["mail domain"]


RIGHT = {
    "northwind.test": ["v=spf1 include:_spf.example.net ~all"],
    "_dmarc.northwind.test": ["v=DMARC1; p=quarantine; rua=mailto:dmarc@northwind.test"],
    "key1._domainkey.northwind.test": ["v=DKIM1; k=rsa; p=MIGf"],
}

WRONG: list[tuple[str, Mapping[str, list[str]], Severity, str]] = [
    ("no SPF", {"northwind.test": ["something else"]}, Severity.WARNING, "v=spf1"),
    ("two SPF records", {"northwind.test": ["v=spf1 -all", "v=spf1 ~all"]}, Severity.ERROR, "join"),
    ("everybody may send", {"northwind.test": ["v=spf1 +all"]}, Severity.ERROR, "-all"),
    ("DMARC only watches", {"_dmarc.northwind.test": ["v=DMARC1; p=none"]}, Severity.NOTE, "quarantine"),
    ("revoked key", {"key1._domainkey.northwind.test": ["v=DKIM1; p="]}, Severity.ERROR, "publish"),
]


async def test_a_domain_with_everything_is_well(zone: tuple[Zone, str]) -> None:
    server, address = zone
    server.texts.update(RIGHT)

    assert {finding.severity for finding in await domain(address)} == {Severity.OK}


@pytest.mark.parametrize(("what", "change", "severity", "mend"), WRONG, ids=[row[0] for row in WRONG])
async def test_each_wrong_record_is_named_with_what_mends_it(
    zone: tuple[Zone, str], what: str, change: Mapping[str, list[str]], severity: Severity, mend: str
) -> None:
    server, address = zone
    server.texts.update({**RIGHT, **change})

    said = max(await domain(address), key=lambda finding: finding.severity)

    assert said.severity is severity
    assert mend in said.mend


async def test_records_that_are_not_there_are_warnings(zone: tuple[Zone, str]) -> None:
    assert [finding.severity for finding in await domain(zone[1])] == [Severity.WARNING] * 3
