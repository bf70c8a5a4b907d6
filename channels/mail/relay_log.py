"""Did the relay take our mail? Its own log knows, when the answer to our final dot was lost (RFC 1047)."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from channels.mail.config import RelayLogConfig

# Postfix: "… postfix/cleanup[7]: 4XqHabc: message-id=<id@x>", then others under the same queue id.
QUEUE_ID = re.compile(r"\bpostfix[^\s:]*?/[\w-]+\[\d+\]: (\w{6,}): (.*)$")
TAKEN = re.compile(r"from=<[^>]*>, size=\d+, nrcpt=\d+|\bstatus=(?:sent|deferred|bounced)\b")
# Exim writes one line for each mail it took: "… <= sender … id=id@x".
EXIM_ARRIVAL = re.compile(r" <= \S+ .*\bid=(\S+)")
# sendmail: "… sendmail[7]: xA29QabC: from=<a>, size=9, …, msgid=<id@x>, …", written when the mail is queued.
SENDMAIL = re.compile(r"\bfrom=\S*, size=\d+.*\bmsgid=<([^>]+)>")

TAIL_BYTES = 64 * 1024 * 1024


class RelayLogError(OSError):
    """The log cannot be read; the message says why."""


def relay_took(config: RelayLogConfig, message_id: str) -> bool:
    """True when the log shows that the relay accepted this mail (Postfix, Exim and sendmail are understood).

    Blocks while it reads at most the last 64 MiB of the file and of the one rotated before it, or all that the
    command prints. Raises RelayLogError.
    """
    return accepted_in(_lines(config, message_id), message_id)


def accepted_in(lines: Iterable[str], message_id: str) -> bool:
    """True when these lines of a mail server's log say that it took the mail with this Message-ID (no brackets).

    A Message-ID alone proves nothing: Postfix logs it while the mail is still coming in.
    """
    named = set[str]()
    for line in lines:
        if message_id in line and _says_taken(line, message_id):
            return True
        if found := QUEUE_ID.search(line):
            queue_id, rest = found[1], found[2]
            if f"message-id=<{message_id}>" in rest:
                named.add(queue_id)
            elif queue_id in named and TAKEN.search(rest):
                return True
    return False


def _says_taken(line: str, message_id: str) -> bool:
    found = EXIM_ARRIVAL.search(line) or SENDMAIL.search(line)
    return found is not None and found[1] == message_id


def _lines(config: RelayLogConfig, message_id: str) -> Iterable[str]:
    if config.command:
        return _printed([part.replace("{message_id}", message_id) for part in config.command], config.seconds)
    file = Path(config.file)
    older = file.with_name(file.name + ".1")
    return [line for each in (older, file) for line in _tail(each, needed=each == file)]


def _tail(file: Path, *, needed: bool) -> list[str]:
    try:
        with file.open("rb") as log:
            log.seek(max(0, file.stat().st_size - TAIL_BYTES))
            return log.read(TAIL_BYTES).decode("utf-8", "replace").splitlines()
    except FileNotFoundError as error:
        if not needed:
            return []
        raise RelayLogError(f"mail.relay_log.file: {error}") from error
    except OSError as error:
        raise RelayLogError(f"mail.relay_log.file: {error}") from error


def _printed(command: list[str], seconds: float) -> list[str]:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RelayLogError(f"mail.relay_log.command: {error}") from error
    # grep and journalctl end with 1 when they found nothing.
    if done.returncode not in (0, 1):
        words = done.stderr.decode("utf-8", "replace").strip()[:300]
        raise RelayLogError(f"mail.relay_log.command ended with {done.returncode}: {words}")
    return done.stdout.decode("utf-8", "replace").splitlines()
