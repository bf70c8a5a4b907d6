"""Slack's own idea of what its apps send: the types of its Node client from npm, and one run of the compiler over them.

`python -m tests.slack_types` installs them beside the test tools (`make dev` and `make test` do that).
"""

import functools
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import npm

TYPES, CLIENT, COMPILER = "@slack/types@3.2.0", "@slack/web-api@8.2.0", "typescript@5.9.3"
FOLDER = Path(sys.prefix) / "slack-types"
COMPILE_SECONDS = 120
STRICT = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--types", "node")

# A Block may hold anything in these types, and an AnyBlock a Block: only the blocks Slack names are ours to send.
HEAD = """
import type { HomeView, KnownBlock, ModalView } from "@slack/types";
import type * as Slack from "@slack/web-api";
type Named<T> = T extends { blocks: unknown } ? Omit<T, "blocks"> & { blocks: KnownBlock[] } : T;
type Modal = Named<ModalView>;
type Home = Named<HomeView>;
// The server knows this argument and no client names it.
type Post = Slack.ChatPostMessageArguments & { client_msg_id?: string };
type Update = Slack.ChatUpdateArguments;
type Whisper = Slack.ChatPostEphemeralArguments;
type Open = Slack.ViewsOpenArguments;
type Publish = Slack.ViewsPublishArguments;
type Status = Slack.AssistantThreadsSetStatusArguments;
type Manifest = Slack.AppsManifestCreateArguments["manifest"];
type Blocks = KnownBlock[];
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Something we send: its type in HEAD, the value, and what it is called when it is wrong."""

    type: str
    value: Any
    name: str


@functools.cache
def install() -> str:
    """Empty when the types are there, else why they are not. One process tries once."""
    return npm.install(FOLDER, TYPES, CLIENT, COMPILER)


def wrong(samples: Sequence[Sample], folder: Path) -> list[str]:
    """What Slack's types object to, one line each, with the name of the sample; `install` must have said yes."""
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    source = folder / "sent.ts"
    lines = [*HEAD.strip().splitlines(), *_declared(samples)]
    source.write_text("\n".join(lines) + "\n")
    compiler = FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
    command = ["node", str(compiler), *STRICT, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_SECONDS, cwd=folder)
    if done.returncode == 0:
        return []
    return [_named(line, lines) for line in done.stdout.splitlines() if line.startswith("sent.ts")] or [done.stdout]


def _declared(samples: Sequence[Sample]) -> Iterator[str]:
    """A line each: a literal is checked for what is too much in it as well."""
    for number, sample in enumerate(samples):
        yield f"export const a{number}: {sample.type} = {json.dumps(sample.value)}; // {sample.name}"


def _named(complaint: str, lines: Sequence[str]) -> str:
    number = int(complaint.partition("(")[2].partition(",")[0])
    return f"{lines[number - 1].rpartition('// ')[2]}: {complaint.partition(': ')[2]}"


if __name__ == "__main__" and (missing := install()):
    sys.stdout.write(f"NOT INSTALLED: {missing}; the tests that need them will be reported as not run.\n")
