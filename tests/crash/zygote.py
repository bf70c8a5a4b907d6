"""Starts `helpdesk run` many times quickly: imports the program once and forks; each child is the real program.

Reads lines from standard input: a role ("all", "worker") forks a process and answers its pid; "quit" ends.
Children are killed from outside.
"""

import asyncio
import os
import signal
import sys

import bot.app
import bot.backends.stripe
from bot.logs import configure_logs
from bot.settings_load import load


def child(role: str) -> None:
    configure_logs()
    asyncio.run(bot.app.run(load().settings, role=role))


def main() -> None:
    # Dead children are collected by the kernel.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        role = line.strip()
        if role == "quit":
            return
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # The pipes belong to the zygote: a child that held them would keep its reader waiting.
            for number in (0, 1):
                os.dup2(2, number)
            try:
                child(role)
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
