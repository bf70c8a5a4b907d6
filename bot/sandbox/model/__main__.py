"""`python -m bot.sandbox.model`: serve until stopped; the first line printed says where."""

from bot.sandbox.model.server import KEY, MODELS, ModelServer
from bot.sandbox.process import Ready, arguments, serve


def main() -> None:
    """Options: --port, --parent, --key, --models (comma separated)."""
    parser = arguments("An OpenAI-compatible model server for demo and tests.")
    parser.add_argument("--key", default=KEY, help="the bearer key it accepts")
    parser.add_argument("--models", default=",".join(MODELS), help="the models it knows, separated by commas")
    options = parser.parse_args()
    models = tuple(name.strip() for name in options.models.split(",") if name.strip())

    async def ready(port: int) -> Ready:
        return {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": options.key, "models": list(models)}

    server = ModelServer(key=options.key, models=models)
    serve(server.app(), port=options.port, parent=options.parent, ready=ready)


if __name__ == "__main__":
    main()
