"""Our own DKIM signature: the same mail gives the same signature, however often it is built."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import dkim

from channels.mail.config import DkimConfig

# Each is signed once more than it may occur: nobody can add a second one on the way.
_SIGNED = ("From", "Subject", "Date", "Message-ID", "To", "Cc", "In-Reply-To", "References", "Reply-To")
_ALSO = ("Auto-Submitted", "MIME-Version", "Content-Type")


class _Signer(dkim.DKIM):  # type: ignore[misc]  # dkimpy has no types
    """dkimpy's signer with a clock of ours: its own would make every rebuild of a mail another mail."""

    at = b"0"

    def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: Any, **named: Any) -> bytes:
        dated = [(name, self.at if name == b"t" else value) for name, value in fields]
        header: bytes = super().gen_header(dated, *rest, **named)
        return header


def sign(config: DkimConfig, content: bytes, at: datetime) -> bytes:
    """`content` with a signature header on top, dated `at`. Raises OSError or ValueError when the key is of no use."""
    signer = _Signer(content)
    signer.at = str(int(at.timestamp())).encode()
    present = {name.lower() for name, _ in signer.headers}
    once = [name for name in (*_SIGNED, *_ALSO) if name.lower().encode() in present]
    headers = [name.encode() for name in (*once, *_SIGNED)]
    try:
        header: bytes = signer.sign(
            config.selector.encode(),
            config.domain.encode(),
            _key(config.key_file),
            include_headers=headers,
            canonicalize=(b"relaxed", b"relaxed"),
        )
    except dkim.DKIMException as error:
        raise ValueError(f"mail.dkim: {config.key_file} cannot sign: {error}") from error
    return header + content


@cache
def _key(file: str) -> bytes:
    return Path(file).read_bytes()
