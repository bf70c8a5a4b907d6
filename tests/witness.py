"""An outside witness for payments: `stripe-stateful-mock` from npm, somebody else's idea of Stripe.

`python -m tests.witness` installs it beside the test tools (`make dev` and `make test` do that). It speaks for charges,
keys, partial refunds and disputes; it knows no payment intents, and every refund of it succeeds at once.
"""

import asyncio
import contextlib
import functools
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import stripe

from bot.backends.stripe import StripeHttp
from tests import npm

WITNESS = "stripe-stateful-mock@0.0.16"
FOLDER = Path(sys.prefix) / "stripe-witness"
# Its own start script listens on every interface; ours on loopback only.
SCRIPT = """
const server = require("stripe-stateful-mock").createExpressApp().listen(0, "127.0.0.1",
    () => console.log(server.address().port));
"""


@functools.cache
def install() -> str:
    """Empty when the witness is there, else why it is not. One process tries once."""
    return npm.install(FOLDER, WITNESS)


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
