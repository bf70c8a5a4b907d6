"""`python -m bot.sandbox.mail`: the world of mail as a process of its own."""

from aiohttp import web

from bot.sandbox.mail.control import add_control_routes
from bot.sandbox.mail.town import Town
from bot.sandbox.process import Ready, arguments, serve

ADDRESS = "support@desk.example"
PASSWORD = "sandbox-mail-password"
AUTHSERV_ID = "mx.desk.example"
MOST_BYTES = 64 * 1024 * 1024


def main() -> None:
    parser = arguments(description="Mailboxes, a submission server and an IMAP server on loopback.")
    parser.add_argument("--address", default=ADDRESS, help="the desk's own mailbox")
    parser.add_argument("--password", default=PASSWORD, help="of every mailbox")
    parser.add_argument("--authserv-id", default=AUTHSERV_ID)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--imap-port", type=int, default=0)
    chosen = parser.parse_args()
    town = Town(address=chosen.address, password=chosen.password, authserv_id=chosen.authserv_id)
    app = web.Application(client_max_size=MOST_BYTES)
    add_control_routes(app, town)

    async def ready(_: int) -> Ready:
        return await town.start(chosen.smtp_port, chosen.imap_port)

    async def stop(_: web.Application) -> None:
        await town.stop()

    app.on_cleanup.append(stop)
    serve(app, port=chosen.port, parent=chosen.parent, ready=ready)


if __name__ == "__main__":
    main()
