"""Three IMAP servers for one file of tests: our sandbox, pymap, and Dovecot where it is installed."""

import asyncio
import contextlib
import getpass
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from imapclient import IMAPClient

from bot.sandbox.process import free_port
from tests.greeting import wait_for_greeting

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
PASSWORD = "secret"


@dataclass(frozen=True)
class Server:
    """A running server; `keywords` is False where it forgets flags of our own."""

    name: str
    port: int
    user: str
    password: str
    keywords: bool

    @contextlib.contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """A logged-in client that is not ours to test."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        try:
            client.login(self.user, self.password)
            yield client
        finally:
            client.shutdown()


@contextlib.contextmanager
def sandbox() -> Iterator[Server]:
    command = [sys.executable, "-m", "bot.sandbox.mail", "--parent", str(os.getpid()), "--password", PASSWORD]
    with _process(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield Server("sandbox", ready["imap_port"], ready["address"], PASSWORD, keywords=True)


@contextlib.contextmanager
def pymap() -> Iterator[Server]:
    port = free_port()
    program = str(Path(sys.executable).with_name("pymap"))
    where = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "--no-service", "managesieve"]
    command = [program, *where, "dict", "--demo-user", "alice", "--demo-password", PASSWORD]
    with _process(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_for_greeting(port, b"* OK")
        yield Server("pymap", port, "alice", PASSWORD, keywords=False)


@contextlib.contextmanager
def dovecot() -> Iterator[Server]:
    assert DOVECOT is not None
    port = free_port()
    # Not pytest's folder: that belongs to root alone, and Dovecot runs as nobody.
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder:
        user = "nobody" if os.getuid() == 0 else getpass.getuser()
        config = _dovecot_config(Path(folder), user, port)
        if user == "nobody":
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        Path(folder).chmod(0o755)
        become = ["runuser", "-u", user, "--"] if user == "nobody" else []
        with _process([*become, DOVECOT, "-F", "-c", str(config)], stderr=subprocess.DEVNULL):
            wait_for_greeting(port, b"* OK")
            yield Server("dovecot", port, "support", PASSWORD, keywords=True)


SERVERS: dict[str, Callable[[], contextlib.AbstractContextManager[Server]]] = {
    "sandbox": sandbox,
    "pymap": pymap,
    "dovecot": dovecot,
}


@contextlib.contextmanager
def imap_server(name: str) -> Iterator[Server]:
    """One of SERVERS; the test is not run where it is not installed."""
    if name == "dovecot" and DOVECOT is None:
        pytest.skip("NOT RUN: Dovecot is not installed (apt-get install dovecot-imapd)")
    with SERVERS[name]() as started:
        yield started


def start_over(server: Server, *folders: str) -> None:
    """No such folders, and the first of them anew."""
    with server.client() as client:
        for name in folders:
            if client.folder_exists(name):
                client.delete_folder(name)
        client.create_folder(folders[0])


async def put_into(server: Server, folder: str, *mails: bytes) -> None:
    def append() -> None:
        with server.client() as client:
            for one in mails:
                client.append(folder, one)

    await asyncio.to_thread(append)


def _dovecot_config(folder: Path, user: str, port: int) -> Path:
    entry = pwd.getpwnam(user)
    group = "nogroup" if user == "nobody" else str(entry.pw_gid)
    path = folder / "dovecot.conf"
    path.write_text(
        f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/%u
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={entry.pw_uid} gid={entry.pw_gid} home={folder}/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
    )
    return path


@contextlib.contextmanager
def _process(command: list[str], **streams: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, **streams)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


class Wire:
    """Stands between a client and a server, so that the connection can break as real ones do."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self.port = 0
        self.connections = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Every connection is gone."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._passing.clear()

    def thaw(self) -> None:
        self._passing.set()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        for source, target in ((reader, other_writer), (other_reader, writer)):
            self._writers.add(target)
            task = asyncio.create_task(self._pass(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                await self._passing.wait()
                target.write(data)
                await target.drain()
        self._writers.discard(target)
        target.close()


@contextlib.asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    """A Wire to a server, closed at the end."""
    between = Wire(port)
    await between.open()
    try:
        yield between
    finally:
        await between.close()
