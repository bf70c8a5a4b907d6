"""A stranger on the port cannot fill our memory, hold our sockets, or smuggle a second mail into one."""

import asyncio
import contextlib
import ssl
import subprocess
from pathlib import Path

import aiosmtplib
import pytest
from mail_doors import ADDRESS, MAIL, Keeper, dialog, eventually, smtp_door

from channels.mail.smtp_session import HardenedSMTP

MEBIBYTE = 1024 * 1024


async def test_size_is_announced_and_a_bigger_one_refused_at_once() -> None:
    async with smtp_door(Keeper(), max_bytes=5000) as door, dialog(door.port) as client:
        client.writer.write(b"EHLO x\r\n")
        offers = [await client.reader.readline() for _ in range(5)]
        assert b"250-SIZE 5000\r\n" in offers
        assert offers[-1].startswith(b"250 ")
        assert (await client.say("MAIL FROM:<a@b.example> SIZE=5001")).startswith("552")


async def test_too_big_a_message_is_refused_and_the_session_goes_on() -> None:
    keeper = Keeper()
    async with smtp_door(keeper, max_bytes=5000) as door, dialog(door.port) as client:
        await client.start()
        assert (await client.say(*[b"x" * 70] * 100, ".")).startswith("552")
        await client.start()
        assert (await client.say(MAIL, ".")).startswith("250")
    assert len(keeper.all) == 1


@pytest.mark.parametrize("chunk", [b"x" * 65_536, b"line\r\n" * 10_000], ids=["one endless line", "endless lines"])
async def test_endless_message_is_cut_off_without_being_kept(chunk: bytes) -> None:
    async with smtp_door(Keeper(), max_bytes=MEBIBYTE) as door, dialog(door.port) as client:
        await client.start()
        with contextlib.suppress(ConnectionError):
            for _ in range(64):
                client.writer.write(chunk)
                await asyncio.wait_for(client.writer.drain(), 5)
        assert (await client.hear()).startswith("552")
        [session] = door._sessions
        assert session._message_bytes < 3 * MEBIBYTE, "what came after was not even counted"
        assert len(session._reader._buffer) <= 3 * session.line_length_limit


async def test_line_longer_than_the_standard_is_taken() -> None:
    keeper = Keeper()
    async with smtp_door(keeper) as door, dialog(door.port) as client:
        await client.start()
        assert (await client.say(b"Subject: x\r\n\r\n" + b"y" * 60_000, ".")).startswith("250")
        await client.start()
        assert (await client.say(b"Subject: x\r\n\r\n" + b"y" * 200_000, ".")).startswith("500")
    assert len(keeper.all[0].body) > 60_000


async def test_connections_in_all_and_per_address_are_limited() -> None:
    async with smtp_door(Keeper(), max_connections=3) as door, contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(dialog(door.port))
        async with dialog(door.port, greeted=False) as refused:
            assert (await refused.hear()).startswith("421")
            assert await refused.hear() == ""
    async with smtp_door(Keeper(), per_ip=1) as door:
        async with dialog(door.port), dialog(door.port, greeted=False) as refused:
            assert "your address" in await refused.hear()
        await eventually(lambda: door.admit("127.0.0.1") is None)
        async with dialog(door.port):
            pass


async def test_silence_ends_the_connection_and_progress_does_not() -> None:
    keeper = Keeper()
    async with smtp_door(keeper, idle_seconds=0.6) as door:
        async with dialog(door.port) as silent:
            assert (await silent.hear()).startswith("421")
            assert await silent.hear() == ""
        async with dialog(door.port) as slow:
            await slow.start()
            for _ in range(6):
                slow.writer.write(b"a slow line\r\n")
                await asyncio.sleep(0.25)
            assert (await slow.say(".")).startswith("250"), "the upload took longer than the silence allowed"


async def test_no_connection_lives_for_ever() -> None:
    async with smtp_door(Keeper(), absolute_seconds=0.8) as door, dialog(door.port) as client:
        said = [await client.say("RSET") for _ in range(5)]
        assert all(reply.startswith("250") for reply in said)
        busy = [await asyncio.sleep(0.1, await client.say("RSET")) for _ in range(10) if not client.reader.at_eof()]
        assert any(reply.startswith("421") for reply in busy)


async def test_commands_that_bring_no_mail_are_limited() -> None:
    async with smtp_door(Keeper()) as door, dialog(door.port) as client:
        await client.say("EHLO x")
        replies = [await client.say("NOOP") for _ in range(51)]
        assert [reply[:3] for reply in replies[-2:]] == ["250", "421"]
    async with smtp_door(Keeper()) as door, dialog(door.port) as client:
        replies = [await client.say("BOGUS") for _ in range(5)]
        assert replies[-1].startswith("502")
        assert await client.hear() == ""


async def test_recipients_of_one_mail_are_limited_for_now() -> None:
    keeper = Keeper()
    async with smtp_door(keeper, recipients=3) as door, dialog(door.port) as client:
        await client.say("EHLO x")
        await client.say("MAIL FROM:<a@b.example>")
        replies = [await client.say(f"RCPT TO:<support+{n}@desk.example>") for n in range(4)]
        assert [reply[:3] for reply in replies] == ["250", "250", "250", "452"]
        await client.say("DATA")
        assert (await client.say(MAIL, ".")).startswith("250")
    assert len(keeper.all[0].envelope["rcpt_to"]) == 3


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\r\n\x00.\r\n",
        b"\r\n.\x00\r\n",
        b"\r\n. \r\n",
    ],
)
async def test_only_one_sequence_ends_a_message(end: bytes) -> None:
    smuggled = b"MAIL FROM:<boss@bank.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nSubject: fake\r\n\r\nfake"
    keeper = Keeper()
    async with smtp_door(keeper) as door, dialog(door.port) as client:
        await client.start()
        client.writer.write(b"Subject: real\r\n\r\nreal" + end + smuggled)
        assert (await client.say("", ".")).startswith("250")
        assert (await client.say("NOOP")).startswith("250")
    [raw] = keeper.all
    assert raw.envelope["mail_from"] == "anna@customer.example"
    assert b"fake" in raw.body


async def test_client_that_does_not_read_is_dropped() -> None:
    async with smtp_door(Keeper(), idle_seconds=0.5) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"EHLO x\r\n")
        await eventually(lambda: len(door._sessions) == 0, seconds=15)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        del reader


async def test_connection_lost_in_the_middle_stores_nothing() -> None:
    keeper = Keeper()
    async with smtp_door(keeper) as door:
        async with dialog(door.port) as client:
            await client.start()
            client.writer.write(MAIL)
        await eventually(lambda: not door._sessions)
    assert keeper.all == []


async def test_nobody_can_log_in_and_the_library_is_not_named() -> None:
    async with smtp_door(Keeper()) as door, dialog(door.port, greeted=False) as client:
        greeting = await client.hear()
        assert greeting == "220 desk.example ESMTP"
        client.writer.write(b"EHLO x\r\n")
        offers = b""
        while not (line := await client.reader.readline()).startswith(b"250 "):
            offers += line
        assert b"AUTH" not in offers
        assert (await client.say("AUTH PLAIN AGFubmEAc2VjcmV0")).startswith("5")


async def test_sessions_do_not_share_limits() -> None:
    async with smtp_door(Keeper()) as door, dialog(door.port) as one, dialog(door.port) as other:
        for _ in range(5):
            await one.say("EHLO x")
        await other.say("EHLO x")
        sizes = {id(session.command_size_limits) for session in door._sessions}
        assert len(sizes) == 2
        assert HardenedSMTP.command_size_limit == 512


async def test_starttls_encrypts_and_forgets_what_was_said_before(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made = await asyncio.to_thread(
        subprocess.run, [*make, "-out", str(certificate), "-keyout", str(key)], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr
    keeper = Keeper()
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with smtp_door(keeper, tls_certificate=str(certificate), tls_key=str(key)) as door:
        async with dialog(door.port) as client:
            await client.say("EHLO x")
            client.writer.write(b"STARTTLS\r\nMAIL FROM:<injected@evil.example>\r\n")
            assert (await client.hear()).startswith("220")
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=door.port, start_tls=True, tls_context=trusting)
        async with client:
            await client.sendmail("anna@customer.example", [ADDRESS], MAIL)
    [raw] = keeper.all
    assert raw.envelope["tls"] is True
    assert raw.envelope["mail_from"] == "anna@customer.example"
