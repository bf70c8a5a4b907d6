"""The whole desk on this machine: sandbox servers, the real program and the page, started and stopped together."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.children import Child, Died, sandbox
from bot.sandbox.console_link import telling_link
from bot.sandbox.demo_settings import (
    APPROVERS,
    CUSTOMER_CHANNEL,
    STAFF_CHANNEL,
    ModelChoice,
    Servers,
    clean_environment,
    desk_settings,
)
from bot.sandbox.keeper import DeskKeeper
from bot.sandbox.mail.client import MailTown
from bot.sandbox.page.board import Board
from bot.sandbox.page.scene import Rooms
from bot.sandbox.page.server import serving
from bot.sandbox.page.towns import Towns
from bot.sandbox.page.watch import watching
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import free_port
from bot.sandbox.slack.client import SlackTown

FIRST_PORT = 8710
PORTS_TRIED = 50
CUSTOMER = "Alice Adams <alice@example.com>"
CUSTOMER_ADDRESS = "alice@example.com"
APPROVER = "sam"
SERVERS = {
    "slack": ("the sandbox Slack", "bot.sandbox.slack"),
    "mail": ("the sandbox mail server", "bot.sandbox.mail"),
    "payments": ("the sandbox payment provider", "bot.sandbox.payments"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for. `port` None: 8710 or the next free one; 0: any."""

    port: int | None = None
    model: ModelChoice | None = None
    keep_data: bool = False


async def run_demo(wish: Wish, say: Callable[[str], None]) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; afterwards no process and no data is left. `say` hears the address.

    Raises Died when a process ends by itself, OSError when the wished port is taken.
    """
    this = asyncio.current_task()
    assert this is not None
    stopped: list[int] = []

    def stop(number: int) -> None:
        # Whoever presses Ctrl-C twice would otherwise interrupt the stopping itself.
        if not stopped:
            this.cancel()
        stopped.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        with _data_folder(keep=wish.keep_data, say=say) as folder:
            await _run(wish, folder, say)
    except asyncio.CancelledError:
        if not stopped:
            raise


@contextmanager
def _data_folder(*, keep: bool, say: Callable[[str], None]) -> Iterator[Path]:
    if keep:
        folder = Path(tempfile.mkdtemp(prefix="helpdesk-demo-"))
        say(f"Data and logs stay in {folder}")
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="helpdesk-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


async def _run(wish: Wish, folder: Path, say: Callable[[str], None]) -> None:
    environment = clean_environment(os.environ)
    async with AsyncExitStack() as stack:
        started = await _start_sandbox(stack, folder, environment)
        said = {name: ready for name, (_, ready) in started.items()}
        servers = Servers(**said, smtp_in_port=free_port(), http_port=free_port())
        towns = await _remote_controls(stack, servers)
        await towns.mail.route(servers.smtp_in_port)
        console = f"http://127.0.0.1:{servers.http_port}/console"
        await towns.slack.options(redirect_urls=[console])
        board = Board()
        board.put("console", {"address": console})
        settings = {**environment, **desk_settings(servers, folder, wish.model)}
        keeper = DeskKeeper(folder, settings, lambda status: board.put("desk", status))
        port = await _open_page(stack, board, towns, keeper, wish.port)
        await stack.enter_async_context(watching(board, towns))
        approver = servers.slack["users"][APPROVER]
        link = await stack.enter_async_context(telling_link(folder, settings, approver, say))

        def up() -> None:
            say(f"The demo runs at http://127.0.0.1:{port}/ (Ctrl-C stops everything)")
            link()

        told = _once(up)
        await _until_one_ends([child for child, _ in started.values()], keeper, told)


async def _start_sandbox(
    stack: AsyncExitStack, folder: Path, environment: dict[str, str]
) -> dict[str, tuple[Child, dict[str, Any]]]:
    """All three come up, and stop, at the same time; one after the other would triple the wait."""
    children = {
        name: await stack.enter_async_context(sandbox(words, module, folder=folder, environment=environment))
        for name, (words, module) in SERVERS.items()
    }
    for child in children.values():
        stack.callback(child.ask_to_stop)
    return {name: (child, await child.ready()) for name, child in children.items()}


async def _remote_controls(stack: AsyncExitStack, servers: Servers) -> Towns:
    slack = servers.slack
    return Towns(
        slack=await stack.enter_async_context(SlackTown(slack["url"])),
        mail=await stack.enter_async_context(MailTown(servers.mail["url"])),
        payments=await stack.enter_async_context(PaymentsTown(servers.payments["url"])),
        rooms=Rooms(
            customer=slack["channels"][CUSTOMER_CHANNEL],
            staff=slack["channels"][STAFF_CHANNEL],
            approvers=slack["usergroups"][APPROVERS],
        ),
        customer=CUSTOMER,
        customer_address=CUSTOMER_ADDRESS,
        desk_address=servers.mail["address"],
    )


async def _open_page(stack: AsyncExitStack, board: Board, towns: Towns, keeper: DeskKeeper, wished: int | None) -> int:
    """The page on the wished port, or on the first free one from 8710; returns the port."""
    ports = [*range(FIRST_PORT, FIRST_PORT + PORTS_TRIED), 0] if wished is None else [wished]
    for port in ports[:-1]:
        with contextlib.suppress(OSError):
            return await stack.enter_async_context(serving(board, towns, keeper.kill, port))
    return await stack.enter_async_context(serving(board, towns, keeper.kill, ports[-1]))


async def _until_one_ends(children: list[Child], keeper: DeskKeeper, up: Callable[[], None]) -> None:
    """Keep the desk running until a process ends by itself; raises its Died."""
    tasks: list[asyncio.Task[None]] = [asyncio.create_task(child.ended()) for child in children]
    tasks.append(asyncio.create_task(keeper.keep(up)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await next(task for task in tasks if task.done())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _once(do: Callable[[], None]) -> Callable[[], None]:
    """`do` the first time it is called, nothing afterwards."""
    left = [do]
    return lambda: left.pop()() if left else None


__all__ = ["Died", "ModelChoice", "Wish", "run_demo"]
