"""A mail client that is in a hurry: many connections, one mail on each, counted only when the server said 250."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Iterator

from tests.bench.smtp_server import ADDRESS

BODY = "I am still waiting for my parcel, could you please look where it is? Thank you very much. " * 8


async def mails_per_second(port: int, *, connections: int, mails: int) -> float:
    """Send `mails` different mails, each on a new connection, `connections` of them at a time."""
    numbers = iter(range(mails))
    started = time.perf_counter()
    await asyncio.gather(*(_send_all(port, numbers) for _ in range(connections)))
    return mails / (time.perf_counter() - started)


async def _send_all(port: int, numbers: Iterator[int]) -> None:
    for _ in numbers:
        await send(port, mail(next(_serial)))


_serial = itertools.count(time.time_ns())


def mail(number: int, text: str = BODY) -> bytes:
    """A short mail of a customer; no two are the same."""
    lines = (
        f"From: Customer {number} <c{number}@customer.example>",
        f"To: {ADDRESS}",
        f"Subject: Parcel {number}",
        f"Message-ID: <{number}@customer.example>",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
        ".",
        "",
    )
    return "\r\n".join(lines).encode()


async def send(port: int, content: bytes) -> None:
    """One mail on one connection. RuntimeError when the server does not take it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await _expect(reader, b"220")
        for line, code in (
            (b"EHLO client.example", b"250"),
            (b"MAIL FROM:<c@customer.example>", b"250"),
            (f"RCPT TO:<{ADDRESS}>".encode(), b"250"),
            (b"DATA", b"354"),
        ):
            writer.write(line + b"\r\n")
            await _expect(reader, code)
        writer.write(content)
        await _expect(reader, b"250")
        writer.write(b"QUIT\r\n")
        await _expect(reader, b"221")
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    if not line.startswith(code):
        raise RuntimeError(f"expected {code!r}, the server said {line!r}")
