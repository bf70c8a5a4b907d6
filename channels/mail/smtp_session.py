"""One SMTP or LMTP connection that a stranger cannot use to fill our memory, hold our sockets or read our errors.

aiosmtpd speaks the protocol; this closes what it leaves open on a public port: bytes a message may cost,
time a connection may take, commands it may repeat, and an answer for each LMTP recipient.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Callable
from typing import Any, cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from channels.mail.config import SmtpInConfig

# Bytes of the next pipelined commands may arrive before the counter of the last message is reset.
_READ_AHEAD = 1024 * 1024
_LINGER_SECONDS = 10.0
_COMMAND_BYTES = 2048  # more than the 512 of RFC 5321: VERP senders with parameters are longer
_WORK = 100_000  # commands that bring mail: one connection may bring a lot of it
_COMMANDS = {"MAIL": _WORK, "RCPT": _WORK, "DATA": _WORK, "RSET": _WORK, "NOOP": 50, "STARTTLS": 2, "*": 20}


class FoundByName:
    """aiosmtpd looks through every attribute for its hooks, for each connection anew; these are all it can find."""

    _hooks: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._hooks = tuple(name for name in dir(cls) if name.startswith(("smtp_", "auth_", "handle_")))

    def __dir__(self) -> tuple[str, ...]:
        return self._hooks


class HardenedSMTP(FoundByName, SMTP):
    """A session within `limits`; `gone` is called once when it has ended."""

    line_length_limit = 65_536  # real senders exceed the 998 of RFC 5322, and a 500 would bounce the mail
    protocol_name = "ESMTP"

    def __init__(
        self,
        handler: object,
        *,
        limits: SmtpInConfig,
        hostname: str,
        tls: ssl.SSLContext | None,
        gone: Callable[["HardenedSMTP"], None],
    ):
        self.limits = limits
        self.ip = ""
        # On the class this is shared by all connections and grows with every EHLO.
        self.command_size_limits = defaultdict(lambda: _COMMAND_BYTES)
        self.command_size_limit = _COMMAND_BYTES
        self._gone = gone
        self._message_bytes = 0
        self._over_limit = False
        self._more_lines = b""
        self._in_data = False
        self._draining = False
        self._progress_at = 0.0
        self._last_call: asyncio.TimerHandle | None = None
        super().__init__(
            handler,
            data_size_limit=limits.max_bytes,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident=self.protocol_name,
            tls_context=tls,
            timeout=limits.idle_seconds,
            command_call_limit=dict(_COMMANDS),
            loop=asyncio.get_running_loop(),
        )

    # ---------------------------------------------------------------- time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clocks; called a second time when STARTTLS has put TLS under us."""
        if self._last_call is None:
            self._last_call = self.loop.call_later(
                self.limits.absolute_seconds, self.hang_up, "421 4.4.2 Connection open for too long"
            )
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is closed: nothing of this session goes on."""
        if self._last_call is not None:
            self._last_call.cancel()
        self._gone(self)
        super().connection_lost(error)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Note progress. One timer looks at the note, instead of a new timer for every packet."""
        self._progress_at = self.loop.time()
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self.limits.idle_seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        rest = self._progress_at + self.limits.idle_seconds - self.loop.time()
        if rest <= 0:
            self.hang_up("421 4.4.2 Nothing heard for too long")
            return
        self._timeout_handle = self.loop.call_later(rest, self._timeout_cb)

    # ---------------------------------------------------------------- bytes

    def data_received(self, data: bytes) -> None:
        """Count what one message costs, also in lines that never end, which aiosmtpd would keep for ever."""
        if self._over_limit:
            return
        self._progress_at = self.loop.time()
        self._message_bytes += len(data)
        if self._message_bytes > self.limits.max_bytes + _READ_AHEAD:
            self._refuse_rest()
            return
        super().data_received(data)

    def _refuse_rest(self) -> None:
        """Answer 552, then listen to nothing for a while: closing at once would take the answer back (TCP reset)."""
        self._over_limit = True
        transport = self._connection
        if transport is not None:
            transport.write(b"552 5.3.4 Message too big\r\n")
            transport.resume_reading()
            self.loop.call_later(_LINGER_SECONDS, transport.abort)

    def _set_post_data_state(self) -> None:
        self._message_bytes = 0
        super()._set_post_data_state()  # type: ignore[no-untyped-call]

    # ---------------------------------------------------------------- words

    async def push(self, status: str | bytes) -> None:
        """Send a reply; one of several lines ("250-SIZE …") leaves with its last, in one packet."""
        line = status.encode() if isinstance(status, str) else status
        if line[3:4] == b"-" and line[:3].isdigit():
            self._more_lines += line + b"\r\n"
            return
        whole, self._more_lines = self._more_lines + line, b""
        await super().push(whole)

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take one message; when we are stopping, it is the last one."""
        self._in_data = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self._in_data = False
        if self._draining:
            self.hang_up("421 4.3.2 Shutting down")

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """None for what is no address, or could not be stored as text."""
        try:
            address, rest = super()._getaddr(arg)
        except (IndexError, RecursionError, UnicodeError):
            return None, None
        if address and not address.isprintable():
            return None, None
        return address, rest

    # ---------------------------------------------------------------- end

    def drain(self) -> None:
        """Stop: at once between messages, after the answer when a message is on its way."""
        self._draining = True
        if not self._in_data:
            self.hang_up("421 4.3.2 Shutting down")

    def hang_up(self, line: str) -> None:
        """Say why and close, soon also when the other side does not read."""
        transport = self._connection
        if transport is None or transport.is_closing():
            return
        transport.write(line.encode("ascii") + b"\r\n")
        transport.close()
        self.loop.call_later(_LINGER_SECONDS, transport.abort)

    def abort(self) -> None:
        """Close now, whatever is going on; what was not answered will be sent again."""
        if self._connection is not None:
            self._connection.abort()

    @property
    def _connection(self) -> asyncio.Transport | None:
        return cast(asyncio.Transport | None, self.transport)


class HardenedLMTP(HardenedSMTP, LMTP):
    """The same for LMTP (RFC 2033), where a message is answered once for each of its recipients."""

    protocol_name = "LMTP"
    _answers = 1

    async def smtp_DATA(self, arg: str | None) -> None:
        try:
            await super().smtp_DATA(arg)
        finally:
            self._answers = 1

    async def push(self, status: Any) -> None:
        """Repeat the verdict on a message for each recipient, because the client reads that many."""
        if self._in_data and isinstance(status, str):
            if status.startswith("354") and self.envelope is not None:
                self._answers = len(self.envelope.rcpt_tos)
            else:
                status = "\r\n".join([status] * self._answers)
        await super().push(status)
