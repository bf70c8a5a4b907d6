"""`python -m bot.sandbox.payments`: the sandbox provider as a process of its own."""

from bot.sandbox.payments.control import add_control_routes
from bot.sandbox.payments.seed import book_sample_charges
from bot.sandbox.payments.server import API_KEY, WEBHOOK_SECRET, PaymentsServer, build_app
from bot.sandbox.payments.webhooks import Webhooks
from bot.sandbox.process import arguments, serve


def main() -> None:
    parser = arguments(description="A payment provider on loopback that speaks Stripe's API.")
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--webhook-url", default=None, help="where signed webhooks go")
    parser.add_argument("--webhook-secret", default=WEBHOOK_SECRET)
    parser.add_argument("--empty", action="store_true", help="start without the charges of the sample shop")
    chosen = parser.parse_args()
    server = PaymentsServer(api_key=chosen.api_key, webhooks=Webhooks(chosen.webhook_url, chosen.webhook_secret))
    if not chosen.empty:
        book_sample_charges(server.books)
    app = build_app(server)
    add_control_routes(app, server)
    serve(app, port=chosen.port, parent=chosen.parent)


if __name__ == "__main__":
    main()
