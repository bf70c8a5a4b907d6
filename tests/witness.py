"""An outside witness for payments: `stripe-stateful-mock` from npm, somebody else's idea of Stripe.

`python -m tests.witness` installs it beside the test tools (`make dev` and `make test` do that). It speaks for charges,
keys, partial refunds and disputes; it knows no payment intents, and every refund of it succeeds at once.
"""

import asyncio
import contextlib
import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import stripe

from bot.backends.stripe import StripeHttp

WITNESS = "stripe-stateful-mock@0.0.16"
FOLDER = Path(sys.prefix) / "stripe-witness"
INSTALL_SECONDS = 90
# Its own start script listens on every interface; ours on loopback only.
QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
SCRIPT = """
const server = require("stripe-stateful-mock").createExpressApp().listen(0, "127.0.0.1",
    () => console.log(server.address().port));
"""


@functools.cache
def install() -> str:
    """Empty when the witness is there, else why it is not. One process tries once."""
    if not shutil.which("npm") or not shutil.which("node"):
        return f"the outside witness {WITNESS} needs node and npm"
    if _is_there():
        return ""
    try:
        # Two test processes may come here at once: each installs for itself, and one of them is kept.
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as fresh:
            command = ["npm", "install", *QUIETLY, "--prefix", fresh, WITNESS]
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
            FOLDER.mkdir(exist_ok=True)
            with contextlib.suppress(OSError):
                (Path(fresh) / "node_modules").rename(FOLDER / "node_modules")
    except (subprocess.SubprocessError, OSError) as error:
        return f"npm could not install the outside witness {WITNESS}: {_why(error)}"
    return "" if _is_there() else f"npm installed {WITNESS} somewhere else than in {FOLDER}"


def _is_there() -> bool:
    return (FOLDER / "node_modules" / "stripe-stateful-mock" / "package.json").exists()


def _why(error: Exception) -> str:
    """The last line npm printed says more than its exit code."""
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
    return f"{type(error).__name__}{f' ({said[-1][:150]})' if said else ''}"


class Witness:
    """The running witness at `url`."""

    def __init__(self, url: str):
        self.url = url

    async def pay(self, amount: int, currency: str = "USD", *, disputed: bool = False) -> str:
        """A customer pays; the charge's id."""
        source = "tok_createDispute" if disputed else "tok_visa"
        async with self._client() as client:
            charge = await client.v1.charges.create_async({"amount": amount, "currency": currency, "source": source})
        return charge.id

    async def refunded(self, charge: str) -> int:
        """What went back of a charge, by the witness's own books."""
        async with self._client() as client:
            return int((await client.v1.charges.retrieve_async(charge)).amount_refunded)

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncIterator[stripe.StripeClient]:
        http = StripeHttp(self.url, timeout_seconds=10)
        yield stripe.StripeClient("sk_test_sandbox", base_addresses={"api": self.url}, http_client=http)
        await http.close_async()


@contextlib.asynccontextmanager
async def running_witness() -> AsyncIterator[Witness]:
    """The witness on a free port of 127.0.0.1, ended by pid. `install` must have said that it is there."""
    process = await asyncio.create_subprocess_exec("node", "-e", SCRIPT, cwd=FOLDER, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        yield Witness(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        await process.wait()
        # The pipe's transport outlives the process and would warn when collected.
        process._transport.close()  # type: ignore[attr-defined]


if __name__ == "__main__" and (missing := install()):
    sys.stdout.write(f"NOT INSTALLED: {missing}; the tests that need it will be reported as not run.\n")
