"""`helpdesk demo`: the whole desk in a browser, with sample data, no key and no network."""

import asyncio
import os

import click

from bot.sandbox.demo import Died, ModelChoice, Wish, run_demo


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="of the page; default 8710 or the next free one")
@click.option("--model-url", help="an OpenAI-compatible endpoint instead of the offline model; key in OPENAI_API_KEY")
@click.option("--model-name", default="gpt-5.6", show_default=True, help="the model at --model-url")
@click.option("--keep-data", is_flag=True, help="keep the database and the logs")
def command(port: int | None, model_url: str | None, model_name: str, keep_data: bool) -> None:
    """Run the whole desk on this machine until Ctrl-C. Without --model-url nothing leaves it."""
    key = os.environ.get("OPENAI_API_KEY", "none")
    model = ModelChoice(model_url, model_name, key) if model_url else None
    click.echo("Starting the desk and its sandbox …")
    try:
        asyncio.run(run_demo(Wish(port, model, keep_data), click.echo))
    except Died as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the page cannot be served: {error}") from error
    click.echo("Stopped.")
