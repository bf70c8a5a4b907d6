"""`helpdesk mail`: look at mail the way the desk does."""

import json
import mailbox
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click

from bot.cli.common import config_option, settings_from
from channels.mail.parse import cut_html, cut_reply, cut_to_json, mail_to_json, read_mail

Json = dict[str, Any]
Named = tuple[str, bytes]

POOL_FROM = 200
"""So many messages are worth the start of other processes."""
CHUNK, BATCH = 25, 2000

paths_argument = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="one JSON object a line")


@click.group()
def command() -> None:
    """Look at mail the way the desk does."""


@command.command()
@paths_argument
@json_option
@click.option("--trust", "authserv_ids", multiple=True, help="an authserv-id whose Authentication-Results are believed")
@click.option("--own", "own_addresses", multiple=True, help="an address of ours: mail from it is of kind own")
def parse(
    paths: tuple[Path, ...], as_json: bool, authserv_ids: tuple[str, ...], own_addresses: tuple[str, ...]
) -> None:
    """Read each RFC 5322 message in PATHS (files, folders, mboxes) and say what the desk would understand."""
    parser = partial(_parse, authserv_ids, own_addresses)
    for row in _each(parser, (named for path in paths for named in messages_in(path))):
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _summary(row))


@command.command()
@paths_argument
@json_option
@click.option("--html", "is_html", is_flag=True, help="the bodies are HTML")
def visible(paths: tuple[Path, ...], as_json: bool, is_html: bool) -> None:
    """Cut bare bodies in PATHS into what the person newly wrote and what was there before."""
    cutter: Callable[[Named], Json] = _cut_html if is_html else _cut_text
    for row in _each(cutter, (named for path in paths for named in _files_in(path))):
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else row["visible"])


@command.command()
@config_option
@json_option
@click.option("--run-quarantined", is_flag=True, help="let the desk read again what it could not read")
def reparse(config: Path | None, as_json: bool, run_quarantined: bool) -> None:
    """Read all stored mail again and report what would be understood differently; nothing is changed."""
    from bot.cli.mail_reparse import print_report

    print_report(settings_from(config), as_json=as_json, rerun=run_quarantined)


def _parse(authserv_ids: tuple[str, ...], own_addresses: tuple[str, ...], named: Named) -> Json:
    path, raw = named
    return mail_to_json(read_mail(raw, trusted_authserv_ids=authserv_ids, own_addresses=own_addresses), path)


def _cut_text(named: Named) -> Json:
    return cut_to_json(cut_reply(_decoded(named[1])), named[0])


def _cut_html(named: Named) -> Json:
    return cut_to_json(cut_html(_decoded(named[1])), named[0])


def _decoded(body: bytes) -> str:
    """Bare bodies carry no charset: UTF-8 when it fits, else Windows' Latin."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _each(work: Callable[[Named], Json], named: Iterator[Named]) -> Iterable[Json]:
    """The rows in the order of the messages, on every core when there are many; not all in memory at once."""
    first = list(islice(named, POOL_FROM))
    if len(first) < POOL_FROM:
        yield from map(work, first)
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, first, chunksize=CHUNK)
        while batch := list(islice(named, BATCH)):
            yield from pool.map(work, batch, chunksize=CHUNK)


def messages_in(path: Path) -> Iterator[Named]:
    """(path, bytes) of every message: an mbox's are "path#n", counted from 1."""
    for name, raw in _files_in(path):
        if not raw.startswith(b"From "):
            yield name, raw
            continue
        box = mailbox.mbox(name, create=False)
        for number, key in enumerate(box.iterkeys(), start=1):
            yield f"{name}#{number}", box.get_bytes(key)
        box.close()


def _files_in(path: Path) -> Iterator[Named]:
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file() and not each.name.startswith("."):
                yield from _file(each)
    else:
        yield from _file(path)


def _file(path: Path) -> Iterator[Named]:
    """One file; one that cannot be read is named on standard error, and the others are read all the same."""
    try:
        yield str(path), path.read_bytes()
    except OSError as error:
        click.echo(f"{path}: not read: {error.strerror}", err=True)


def _summary(row: Json) -> str:
    sender = (row["from"] or {}).get("address", "nobody")
    return f"{row['path']}: {row['kind']} from {sender}: {row['subject']}\n{row['visible']}\n"
