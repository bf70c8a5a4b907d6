"""Waits for a mail server of somebody else's to come up."""

import contextlib
import socket
import time


def wait_for_greeting(port: int, greeting: bytes) -> None:
    """Returns when the server on 127.0.0.1 says `greeting` first; TimeoutError after 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.settimeout(5)
            if probe.recv(len(greeting)) == greeting:
                return
        time.sleep(0.1)
    raise TimeoutError(f"no server on port {port} that says {greeting!r}")
