"""A Postfix of our own on loopback that relays everything to one LMTP door; needs root, leaves the machine's alone."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.process import free_port
from tests.greeting import wait_for_greeting

SEARCHED = "/usr/sbin:/usr/local/sbin:/usr/bin"
POSTFIX = shutil.which("postfix", path=SEARCHED)
SMTP_SOURCE = shutil.which("smtp-source", path=SEARCHED)
DAEMONS = Path("/usr/lib/postfix/sbin")
SERVICES = """\
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
lmtp      unix - - n - - lmtp
error     unix - - n - - error
discard   unix - - n - - discard
retry     unix - - n - - error
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""
"""What Postfix runs beside its door: the lines of master.cf."""


def why_not() -> str:
    """Why there can be no Postfix here; "" when there can."""
    if POSTFIX is None or SMTP_SOURCE is None or not DAEMONS.is_dir():
        return "Postfix is not installed (apt-get install postfix)"
    return "" if os.getuid() == 0 else "Postfix needs root"


@dataclass(frozen=True)
class Postfix:
    """A running instance. `queued` counts mail it still has to deliver."""

    port: int
    folder: Path

    def queued(self) -> int:
        queues = [self.folder / "queue" / name for name in ("maildrop", "incoming", "active", "deferred")]
        return sum(1 for queue in queues for file in queue.rglob("*") if file.is_file())

    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""


def send_many(port: int, to: str, count: int, sessions: int = 10) -> None:
    """Hand `count` different mails to the instance; returns when it has all of them."""
    assert SMTP_SOURCE is not None
    sizes = ["-l", "2000", "-m", str(count), "-s", str(sessions)]
    addresses = ["-f", "anna@customer.example", "-t", to]
    subprocess.run([SMTP_SOURCE, *sizes, *addresses, f"127.0.0.1:{port}"], check=True, timeout=60)


@contextlib.contextmanager
def running_postfix(domain: str, lmtp_port: int | None) -> Iterator[Postfix]:
    """An instance that takes mail for `domain` and hands it to 127.0.0.1:`lmtp_port` until that takes it.

    Without a port it throws away what it has queued, as a server to be measured against.
    """
    assert POSTFIX is not None
    # Not pytest's folder: the unprivileged parts of Postfix must be able to walk through.
    with tempfile.TemporaryDirectory(prefix="postfix-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        _configure(folder, domain, port, f"lmtp:inet:127.0.0.1:{lmtp_port}" if lmtp_port else "discard:")
        subprocess.run([POSTFIX, "-c", str(folder), "start"], check=True, capture_output=True, timeout=30)
        try:
            wait_for_greeting(port, b"220")
            yield Postfix(port, folder)
        finally:
            _stop(folder)


def _configure(folder: Path, domain: str, port: int, transport: str) -> None:
    data = folder / "data"
    data.mkdir()
    owner = pwd.getpwnam("postfix")
    os.chown(data, owner.pw_uid, owner.pw_gid)
    (folder / "queue").mkdir()
    (folder / "main.cf").write_text(
        f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {data}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{domain}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
relay_domains = {domain}
relay_recipient_maps =
relay_transport = {transport}
smtpd_relay_restrictions = reject_unauth_destination
recipient_delimiter = +
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
lmtp_destination_concurrency_limit = 10
"""
    )
    (folder / "master.cf").write_text(f"127.0.0.1:{port} inet n - n - 100 smtpd\n{SERVICES}")


def _stop(folder: Path) -> None:
    """End the master by its own pid; its children end with it."""
    pid = int((folder / "queue" / "pid" / "master.pid").read_text())
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
