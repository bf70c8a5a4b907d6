"""Everything of one world of mail: the post office, its two servers, and the customers' mail server."""

from bot.sandbox.faults import FaultPlan
from bot.sandbox.mail.connections import LineServer
from bot.sandbox.mail.imap_server import Imap
from bot.sandbox.mail.post_office import PostOffice
from bot.sandbox.mail.relay import Relay, Route
from bot.sandbox.mail.submission import Submission
from bot.sandbox.process import Ready


class Town:
    """Start it, stop it; the control routes reach everything through it."""

    def __init__(self, *, address: str, password: str, authserv_id: str) -> None:
        self.authserv_id = authserv_id
        self.faults = FaultPlan()
        self.office = PostOffice(address, password)
        self.submission = LineServer(Submission(self.office, self.faults).talk)
        self.imap = LineServer(Imap(self.office, self.faults).talk)
        self.relay = Relay()
        self.route: Route | None = None

    async def start(self, smtp_port: int = 0, imap_port: int = 0) -> Ready:
        """Open both servers; the answer is what a client must know."""
        return {
            "smtp_port": await self.submission.start(smtp_port),
            "imap_port": await self.imap.start(imap_port),
            "address": self.office.desk_address,
            "password": self.office.password,
            "users": {address: account.password for address, account in self.office.accounts.items()},
            "authserv_id": self.authserv_id,
        }

    async def stop(self) -> None:
        """No connection and no task is left."""
        await self.relay.stop()
        await self.submission.stop()
        await self.imap.stop()
