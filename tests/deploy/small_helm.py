"""Renders the part of Helm's template language that our chart uses, so that it can be checked without Helm."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_TAG = re.compile(r"(\s*)\{\{(-?)\s*(.*?)\s*(-?)\}\}(\s*)", re.DOTALL)
_WORD = re.compile(r'"[^"]*"|\(|\)|\||[^\s()|]+')
Scope = dict[str, Any]


@dataclass
class Node:
    """Text, an expression, or a block with what is inside it."""

    kind: str
    said: str = ""
    inside: "list[Node] | None" = None


def render(template: str, values: dict[str, Any], release: str = "desk") -> str:
    """The text Helm would make. ValueError for anything our chart does not use."""
    top = {"Values": values, "Release": {"Name": release}}
    nodes = list(_tree(iter(_split(template))))
    return "".join(_run(nodes, {".": top, "$": top}))


def _split(template: str) -> Iterator[tuple[str, str]]:
    end = 0
    for tag in _TAG.finditer(template):
        yield "text", template[end : tag.start()] + ("" if tag[2] else tag[1])
        yield "tag", tag[3]
        if not tag[4]:
            yield "text", tag[5]
        end = tag.end()
    yield "text", template[end:]


def _tree(parts: Iterator[tuple[str, str]]) -> Iterator[Node]:
    for kind, said in parts:
        if kind == "text":
            yield Node("text", said)
        elif said == "end":
            return
        elif said.split()[0] in ("range", "if"):
            yield Node(said.split()[0], said.partition(" ")[2], list(_tree(parts)))
        else:
            yield Node("value", said)


def _run(nodes: list[Node], scope: Scope) -> Iterator[str]:
    for node in nodes:
        match node.kind:
            case "text":
                yield node.said
            case "value":
                yield str(_value(node.said, scope))
            case "if":
                if _value(node.said, scope):
                    yield from _run(node.inside or [], scope)
            case "range":
                names, _, over = node.said.partition(":=")
                key, value = (name.strip() for name in names.split(","))
                for name, item in _value(over.strip(), scope).items():
                    yield from _run(node.inside or [], {**scope, key: name, value: item})


def _value(said: str, scope: Scope) -> Any:
    first, *filters = _pipes(_WORD.findall(said))
    value = _call(first, scope)
    for words in filters:
        value = _call(words, scope, value)
    return value


def _pipes(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            found.append([])
        else:
            found[-1].append(word)
    return found


def _call(words: list[str], scope: Scope, *piped: Any) -> Any:
    if len(words) == 1 and not piped and words[0] not in FUNCTIONS:
        return _look_up(words[0], scope)
    arguments, rest = [], iter(words[1:])
    for word in rest:
        arguments.append(_call(list(_until_closed(rest)), scope) if word == "(" else _look_up(word, scope))
    return FUNCTIONS[words[0]](*arguments, *piped)


def _until_closed(words: Iterator[str]) -> Iterator[str]:
    depth = 1
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if not depth:
            return
        yield word


def _look_up(word: str, scope: Scope) -> Any:
    if word[0] == '"' or word.isdigit():
        return json.loads(word)
    head, *path = word.split(".") if word.startswith("$") else [".", *word.lstrip(".").split(".")]
    value = scope[head]
    for name in path:
        if name not in value:
            raise ValueError(f"values.yaml has no {word}")
        value = value[name]
    return value


def _indented(text: str) -> str:
    return yaml.safe_dump(text, sort_keys=False).strip()


FUNCTIONS: dict[str, Any] = {
    "quote": lambda value: json.dumps(str(value)),
    "toYaml": _indented,
    "nindent": lambda width, text: "\n" + "\n".join(" " * width + line for line in text.splitlines()),
    "eq": lambda one, other: one == other,
    "gt": lambda one, other: one > other,
    "int": int,
    "and": lambda *values: all(values),
}
